import { jetstream } from '@nats-io/jetstream'
import { readEvents, subscribe } from '../gateway/testing/server-sent-events.ts'
import { encodeEvent, type PostSubmitted, subjectOf, messageIdOf } from '../schema/events.ts'
import { benchPost } from './posts.ts'
import type { Figure } from './report.ts'
import type { Stack } from './stack.ts'

const RATE_PER_SECOND = 100
const WARM_UP_POSTS = 200
const PATIENCE_MS = 20_000

interface Scored {
  readonly postScored: { readonly post: { readonly id: string } }
}

/** A post that was sent, with the time and the number of posts that its subreddit has once this post is counted. */
interface Sent {
  readonly atMs: number
  readonly subreddit: string
  readonly expectedPosts: number
}

/**
 * Measures two latencies at 100 posts/s, in milliseconds: from before a post is published until a GraphQL subscriber has its
 * score, and until the API counts it in its subreddit.
 */
export async function benchLatency(stack: Stack, firstNumber: number, posts: number): Promise<Figure[]> {
  const scored: number[] = []
  const counted: number[] = []
  const sent = new Map<string, Sent>()
  const leaving = new AbortController()
  const response = await subscribe(stack.url, 'subscription { postScored { post { id } } }', leaving.signal)
  const checks: Promise<void>[] = []
  const reading = (async () => {
    for await (const { postScored } of readEvents<Scored>(response)) {
      const post = sent.get(postScored.post.id)
      if (post === undefined) continue
      scored.push(performance.now() - post.atMs)
      checks.push(untilCounted(stack.url, post).then((atMs) => void counted.push(atMs - post.atMs)))
      if (scored.length === posts) return
    }
  })()
  await publishAtRate(
    stack,
    Array.from({ length: posts }, (_, index) => benchPost(firstNumber + index)),
    sent,
  )
  await Promise.race([reading, new Promise((resolve) => setTimeout(resolve, PATIENCE_MS))])
  leaving.abort()
  if (scored.length < posts) throw new Error(`only ${scored.length} of ${posts} scores reached the subscriber`)
  await Promise.all(checks)
  return [...toFigures('post → subscriber has its score', scored), ...toFigures('post → the API counts it', counted)]
}

async function publishAtRate(stack: Stack, posts: readonly PostSubmitted[], sent: Map<string, Sent>): Promise<void> {
  const counts = new Map<string, number>()
  for (const subreddit of new Set(posts.map((post) => post.subreddit))) {
    counts.set(subreddit, await readCount(stack.url, subreddit))
  }
  await using connection = await stack.connect()
  const js = jetstream(connection.nats)
  const acks: Promise<unknown>[] = []
  const start = performance.now()
  for (const [index, post] of posts.entries()) {
    const due = start + (index * 1_000) / RATE_PER_SECOND
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())))
    const expectedPosts = counts.get(post.subreddit)! + 1
    counts.set(post.subreddit, expectedPosts)
    const event = { ...post, created_utc: Math.floor(Date.now() / 1_000) }
    sent.set(post.id, { atMs: performance.now(), subreddit: post.subreddit, expectedPosts })
    acks.push(js.publish(subjectOf(event), encodeEvent(event), { msgID: messageIdOf(event) }))
  }
  await Promise.all(acks)
}

async function untilCounted(url: string, { subreddit, expectedPosts }: Sent): Promise<number> {
  while ((await readCount(url, subreddit)) < expectedPosts) await new Promise((resolve) => setTimeout(resolve, 1))
  return performance.now()
}

async function readCount(url: string, subreddit: string): Promise<number> {
  const response = await fetch(`${url}/subreddit/${subreddit}?limit=1`, { headers: { accept: 'application/json' } })
  return response.ok ? ((await response.json()) as { post_count: number }).post_count : 0
}

function toFigures(what: string, latenciesMs: readonly number[]): Figure[] {
  const sorted = latenciesMs.slice(WARM_UP_POSTS).sort((a, b) => a - b)
  const at = (quantile: number): number => sorted[Math.floor(sorted.length * quantile)]!
  return [
    { what: `${what}, p50`, measured: at(0.5), unit: 'ms', budget: 8, better: 'lower' },
    { what: `${what}, p99`, measured: at(0.99), unit: 'ms', budget: 25, better: 'lower' },
  ]
}
