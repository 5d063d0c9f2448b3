import {
  AckPolicy,
  DeliverPolicy,
  JetStreamApiCodes,
  JetStreamApiError,
  type ConsumerInfo,
  type JetStreamManager,
} from '@nats-io/jetstream'
import { nanos } from '@nats-io/transport-node'
import type { Input } from '../../schema/read-models.ts'
import { onceLed } from '../../schema/runtime/once-led.ts'

const ACK_WAIT_MS = 30_000
/** The server deletes a consumer that nobody has used for a day, such as that of a deleted file. */
const INACTIVE_THRESHOLD_MS = 86_400_000
const MAX_ACK_PENDING = 20_000

/** Re-creates the durable consumer of a read model's file, so that it begins after the last applied message. */
export async function recreateConsumer(
  jsm: JetStreamManager,
  { stream, filters }: Input,
  consumer: string,
  applied: number,
): Promise<ConsumerInfo> {
  await deleteConsumer(jsm, stream, consumer)
  const config = {
    durable_name: consumer,
    ack_policy: AckPolicy.All,
    deliver_policy: DeliverPolicy.StartSequence,
    // The server counts everything before the start as acknowledged.
    opt_start_seq: applied + 1,
    ack_wait: nanos(ACK_WAIT_MS),
    inactive_threshold: nanos(INACTIVE_THRESHOLD_MS),
    max_ack_pending: MAX_ACK_PENDING,
    ...filterOf(filters),
  }
  return onceLed(() => jsm.consumers.add(stream, config))
}

/** The server has one setting for a single filter and another one for several filters. */
function filterOf(filters: Input['filters']): object {
  if (filters === undefined) return {}
  return filters.length === 1 ? { filter_subject: filters[0] } : { filter_subjects: filters }
}

/** Deletes a consumer if it exists. */
export async function deleteConsumer(jsm: JetStreamManager, stream: string, consumer: string): Promise<void> {
  try {
    await onceLed(() => jsm.consumers.delete(stream, consumer))
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === JetStreamApiCodes.ConsumerNotFound) return
    throw error
  }
}
