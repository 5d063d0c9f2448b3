import { setTimeout as pause } from 'node:timers/promises'
import { jetstream, type JetStreamClient } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import type { Draw } from '../random.ts'
import type { Chunk, LoadMessage } from './generate-load.ts'
import type { History } from './history.ts'

const TIMEOUT_MS = 1_000
const RETRY_MS = 100
/** A fault that keeps the log from answering lasts less than half of this time. */
const DEADLINE_MS = 60_000
const MAX_PAUSE_MS = 120

/**
 * Publishes the chunks one after the other, with pauses, so that the load lasts about as long as a fault. Resolves when
 * everything is stored and the history has the facts.
 */
export async function publishLoad(
  connection: NatsConnection,
  history: History,
  draw: Draw,
  chunks: readonly Chunk[],
): Promise<void> {
  const js = jetstream(connection, { timeout: TIMEOUT_MS })
  for (const chunk of chunks) {
    await Promise.all(chunk.map((message) => publishUntilStored(js, message)))
    for (const { fact } of chunk) history.add(fact)
    await pause(draw.number(0, MAX_PAUSE_MS))
  }
}

/** Repeats a publish whose outcome is unknown: a second copy in the log changes nothing. */
async function publishUntilStored(
  js: JetStreamClient,
  { subject, payload, messageId: msgID }: LoadMessage,
): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS
  for (;;) {
    try {
      return void (await js.publish(subject, payload, { msgID }))
    } catch (error) {
      if (performance.now() > deadline) throw error
      await pause(RETRY_MS)
    }
  }
}
