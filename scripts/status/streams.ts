import { setTimeout as pause } from 'node:timers/promises'
import type { JetStreamManager, StreamInfo } from '@nats-io/jetstream'

const SAMPLE_MS = 1_000

export interface StreamStatus {
  readonly name: string
  readonly messages: number
  readonly bytes: number
  readonly lastSequence: number
  /** Messages stored a second, measured over one second. */
  readonly messagesPerSecond: number
}

/** Reads the streams twice, a second apart, to measure their rates. */
export async function readStreams(jsm: JetStreamManager): Promise<StreamStatus[]> {
  const before = new Map((await listStreams(jsm)).map(({ config, state }) => [config.name, state.last_seq]))
  const start = performance.now()
  await pause(SAMPLE_MS)
  const after = await listStreams(jsm)
  const seconds = (performance.now() - start) / 1_000
  return after.map(({ config: { name }, state: { messages, bytes, last_seq: lastSequence } }) => {
    const stored = lastSequence - (before.get(name) ?? lastSequence)
    return { name, messages, bytes, lastSequence, messagesPerSecond: Math.round((stored / seconds) * 10) / 10 }
  })
}

const listStreams = (jsm: JetStreamManager): Promise<StreamInfo[]> => Array.fromAsync(jsm.streams.list())
