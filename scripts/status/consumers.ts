import type { ConsumerInfo, JetStreamManager } from '@nats-io/jetstream'

export interface ConsumerStatus {
  readonly stream: string
  readonly name: string
  readonly lagEvents: number
  /** Age of the oldest event that is not acknowledged; 0 without a lag. */
  readonly lagSeconds: number
}

export async function listConsumers(
  jsm: JetStreamManager,
  streams: readonly { name: string }[],
): Promise<ConsumerInfo[]> {
  return (await Promise.all(streams.map(({ name }) => Array.fromAsync(jsm.consumers.list(name))))).flat()
}

/** The lag of each consumer behind its stream. */
export const readConsumers = (jsm: JetStreamManager, consumers: readonly ConsumerInfo[]): Promise<ConsumerStatus[]> =>
  Promise.all(consumers.map((consumer) => toStatus(jsm, consumer)))

async function toStatus(jsm: JetStreamManager, consumer: ConsumerInfo): Promise<ConsumerStatus> {
  const { name, stream_name: stream, num_pending: pending, num_ack_pending: unacknowledged } = consumer
  const lagEvents = pending + unacknowledged
  return { stream, name, lagEvents, lagSeconds: lagEvents === 0 ? 0 : await ageOfNext(jsm, consumer) }
}

async function ageOfNext(jsm: JetStreamManager, { stream_name, ack_floor }: ConsumerInfo): Promise<number> {
  const seq = ack_floor.stream_seq + 1
  const oldest = await jsm.streams.getMessage(stream_name, { seq }).catch(() => null)
  return oldest === null ? 0 : Math.max(0, Math.round((Date.now() - oldest.time.getTime()) / 1_000))
}
