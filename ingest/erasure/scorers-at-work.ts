import { setTimeout as pause } from 'node:timers/promises'
import type { ConsumerInfo, JetStreamManager } from '@nats-io/jetstream'
import { POSTS, scorerConsumer } from '../../schema/subjects.ts'

const POLL_MS = 50
const MAX_WAIT_MS = 10_000
const SCORER_PREFIX = scorerConsumer('')

/**
 * Waits while a scorer has one of these posts in work: taken, and not yet acknowledged, which it does once the score is
 * stored. As long as a scorer may keep a post (its `ack_wait`), and no longer: a late score has no text.
 * @param sequences in POSTS
 * @returns false when the time was up
 */
export async function untilScorersAreDone(jsm: JetStreamManager, sequences: readonly number[]): Promise<boolean> {
  if (sequences.length === 0) return true
  for (const end = performance.now() + MAX_WAIT_MS; ; await pause(POLL_MS)) {
    const consumers = await Array.fromAsync(jsm.consumers.list(POSTS))
    if (!consumers.some((consumer) => isAtWorkOn(consumer, sequences))) return true
    if (performance.now() > end) return false
  }
}

/** What lies between a consumer's acknowledged beginning and its newest delivery may be in work. */
function isAtWorkOn({ name, delivered, ack_floor }: ConsumerInfo, sequences: readonly number[]): boolean {
  if (!name.startsWith(SCORER_PREFIX)) return false
  return sequences.some((sequence) => sequence > ack_floor.stream_seq && sequence <= delivered.stream_seq)
}
