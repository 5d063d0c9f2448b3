import type { ConsumerInfo, JetStreamManager, StreamState } from '@nats-io/jetstream'

export interface ConsumerStatus {
  readonly stream: string
  readonly name: string
  readonly lagEvents: number
  /** About the age of the oldest event that is not acknowledged; 0 without a lag. */
  readonly lagSeconds: number
}

export async function listConsumers(
  jsm: JetStreamManager,
  streams: readonly { name: string }[],
): Promise<ConsumerInfo[]> {
  return (await Promise.all(streams.map(({ name }) => Array.fromAsync(jsm.consumers.list(name))))).flat()
}

/** The lag of each consumer behind its stream. @param nowMs milliseconds since the epoch */
export async function readConsumers(
  jsm: JetStreamManager,
  consumers: readonly ConsumerInfo[],
  nowMs = Date.now(),
): Promise<ConsumerStatus[]> {
  const streams = new Map((await Array.fromAsync(jsm.streams.list())).map(({ config, state }) => [config.name, state]))
  return consumers.map(({ name, stream_name: stream, num_pending: pending, num_ack_pending: taken, ack_floor }) => {
    const lagEvents = pending + taken
    const state = streams.get(stream)
    const isBehind = lagEvents > 0 && state !== undefined
    const ageMs = isBehind ? nowMs - storedAtMs(state, ack_floor.stream_seq + 1) : 0
    return { stream, name, lagEvents, lagSeconds: Math.max(0, Math.round(ageMs / 1_000)) }
  })
}

/**
 * About when a message was stored, in milliseconds since the epoch. It is exact for the first and the last message of the
 * stream; between them messages are taken to have come evenly. The server tells the time of a message only together with
 * its text, which the user `status` may not read.
 */
export function storedAtMs(state: StreamState, sequence: number): number {
  const { first_seq: first, last_seq: last } = state
  const [firstMs, lastMs] = [Date.parse(state.first_ts), Date.parse(state.last_ts)]
  if (last <= first) return lastMs
  const share = Math.min(1, Math.max(0, (sequence - first) / (last - first)))
  return firstMs + share * (lastMs - firstMs)
}
