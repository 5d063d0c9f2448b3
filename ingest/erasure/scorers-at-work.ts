import { setTimeout as pause } from 'node:timers/promises'
import type { ConsumerInfo, JetStreamManager } from '@nats-io/jetstream'
import { millis, nanos } from '@nats-io/transport-node'
import { idleMs, SCORER_PREFIX } from '../../schema/scoring-models.ts'
import { POSTS } from '../../schema/streams.ts'

const POLL_MS = 50
const MAX_WAIT_MS = 10_000

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
function isAtWorkOn(consumer: ConsumerInfo, sequences: readonly number[]): boolean {
  const { name, delivered, ack_floor } = consumer
  if (!name.startsWith(SCORER_PREFIX) || !isAlive(consumer)) return false
  return sequences.some((sequence) => sequence > ack_floor.stream_seq && sequence <= delivered.stream_seq)
}

/**
 * A consumer outlives its scorers, and keeps what the last of them did not finish. Somebody is there who asks for more, or
 * who may be busy: who was given something no longer ago than it may be kept.
 */
const isAlive = (consumer: ConsumerInfo): boolean =>
  idleMs(consumer) <= millis(consumer.config.ack_wait ?? nanos(MAX_WAIT_MS))
