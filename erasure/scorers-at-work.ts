import { setTimeout as pause } from 'node:timers/promises'
import type { ConsumerInfo, JetStreamManager } from '@nats-io/jetstream'
import { millis, nanos } from '@nats-io/transport-node'
import { idleMs, SCORER_PREFIX } from '../schema/scoring-models.ts'
import { POSTS } from '../schema/streams.ts'

const POLL_MS = 50
const MAX_WAIT_MS = 10_000

/**
 * Waits while a scorer is working on one of these posts, which means that it has received the post and not acknowledged
 * it yet. It acknowledges a post when its score is stored. The wait ends after ten seconds: a later score has no text,
 * and read models ignore it.
 * @param sequences in POSTS
 * @returns false when a scorer was still working on a post at the end
 */
export async function untilScorersAreDone(jsm: JetStreamManager, sequences: readonly number[]): Promise<boolean> {
  if (sequences.length === 0) return true
  for (const endMs = performance.now() + MAX_WAIT_MS; ; await pause(POLL_MS)) {
    const consumers = await Array.fromAsync(jsm.consumers.list(POSTS))
    if (!consumers.some((consumer) => isAtWorkOn(consumer, sequences))) return true
    if (performance.now() > endMs) return false
  }
}

/**
 * A scorer may be working on a post if the post is between the consumer's first unacknowledged message and its newest
 * delivery.
 */
function isAtWorkOn(consumer: ConsumerInfo, sequences: readonly number[]): boolean {
  const { name, delivered, ack_floor } = consumer
  if (!name.startsWith(SCORER_PREFIX) || !isAlive(consumer)) return false
  return sequences.some((sequence) => sequence > ack_floor.stream_seq && sequence <= delivered.stream_seq)
}

/**
 * Whether a scorer uses the consumer: a scorer waits for more posts, or received posts so recently that it may still be
 * working on them (`ack_wait`). A consumer outlives its scorers, and keeps the posts that they did not acknowledge.
 */
const isAlive = (consumer: ConsumerInfo): boolean =>
  idleMs(consumer) <= millis(consumer.config.ack_wait ?? nanos(MAX_WAIT_MS))
