import { jetstream, JetStreamApiError, type JetStreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { encodeEvent, subjectPattern } from '../../schema/events.ts'
import { readShownModel } from '../../schema/scoring-models.ts'
import { MODELS } from '../../schema/streams.ts'

const WRONG_LAST_SEQUENCE = 10_071

/**
 * Promotes this scoring model if none was ever promoted by a valid event. If several scorers try at once, one succeeds,
 * because each names the last message that it has seen.
 */
export async function promoteFirstModel(
  connection: NatsConnection,
  jsm: JetStreamManager,
  model: string,
): Promise<boolean> {
  for (;;) {
    const { state } = await jsm.streams.info(MODELS)
    if ((await readShownModel(jsm)) !== undefined) return false
    try {
      const event = encodeEvent({ type: 'ModelPromoted', model })
      const expect = { lastSequence: state.last_seq }
      await jetstream(connection).publish(subjectPattern('ModelPromoted'), event, { expect })
      return true
    } catch (error) {
      if (!(error instanceof JetStreamApiError && error.code === WRONG_LAST_SEQUENCE)) throw error
    }
  }
}
