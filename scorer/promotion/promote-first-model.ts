import { jetstream, jetstreamManager, JetStreamApiError } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { encodeEvent, subjectPattern } from '../../schema/events.ts'
import { MODELS } from '../../schema/streams.ts'

const WRONG_LAST_SEQUENCE = 10_071

/** Promotes this scoring model if none was ever promoted. If several scorers try at once, one succeeds. */
export async function promoteFirstModel(connection: NatsConnection, model: string): Promise<boolean> {
  const { state } = await (await jetstreamManager(connection)).streams.info(MODELS)
  if (state.last_seq > 0) return false
  try {
    const event = encodeEvent({ type: 'ModelPromoted', model })
    await jetstream(connection).publish(subjectPattern('ModelPromoted'), event, { expect: { lastSequence: 0 } })
    return true
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === WRONG_LAST_SEQUENCE) return false
    throw error
  }
}
