import { jetstream } from '@nats-io/jetstream'
import { encodeEvent } from '../../schema/events.ts'
import { messageIds, subjects } from '../../schema/subjects.ts'
import { benchPost } from '../posts.ts'
import type { Figure } from '../report.ts'
import type { Stack } from '../stack.ts'

const RATE_PER_SECOND = 100
const WARM_UP_POSTS = 100

/** At 100 posts/s: from before a post is published to when a GraphQL subscriber has its score, in milliseconds. */
export async function benchLatency(stack: Stack, firstNumber: number, posts: number): Promise<Figure[]> {
  const sentAt = new Map<string, number>()
  const latencies: number[] = []
  const stopping = new AbortController()
  const arrived = subscribe(stack.url, stopping.signal, (id) => {
    const sent = sentAt.get(id)
    if (sent !== undefined) latencies.push(performance.now() - sent)
    return latencies.length >= posts
  })
  await new Promise((resolve) => setTimeout(resolve, 500))
  const connection = await stack.nats.connect()
  const js = jetstream(connection)
  const acks: Promise<unknown>[] = []
  const start = performance.now()
  for (let index = 0; index < posts; index++) {
    const due = start + (index * 1_000) / RATE_PER_SECOND
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())))
    const post = { ...benchPost(firstNumber + index), created_utc: Math.floor(Date.now() / 1_000) }
    sentAt.set(post.id, performance.now())
    acks.push(
      js.publish(subjects.postSubmitted(post.subreddit), encodeEvent(post), { msgID: messageIds.post(post.id) }),
    )
  }
  await Promise.all(acks)
  await Promise.race([arrived, new Promise((resolve) => setTimeout(resolve, 10_000))])
  stopping.abort()
  await connection.close()
  if (latencies.length < posts) throw new Error(`only ${latencies.length} of ${posts} scores reached the subscriber`)
  const sorted = latencies.slice(WARM_UP_POSTS).sort((a, b) => a - b)
  const at = (quantile: number): number => sorted[Math.floor(sorted.length * quantile)]!
  return [
    { what: 'post → subscriber has its score, p50', measured: at(0.5), unit: 'ms', budget: 8, better: 'lower' },
    { what: 'post → subscriber has its score, p99', measured: at(0.99), unit: 'ms', budget: 25, better: 'lower' },
  ]
}

async function subscribe(url: string, signal: AbortSignal, onPost: (id: string) => boolean): Promise<void> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
    body: JSON.stringify({ query: 'subscription { postScored { post { id } } }' }),
    signal,
  })
  let buffered = ''
  try {
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      buffered += chunk
      const frames = buffered.split('\n\n')
      buffered = frames.pop()!
      for (const frame of frames) {
        const id = /"id":"([0-9a-z]+)"/.exec(frame)?.[1]
        if (id !== undefined && onPost(id)) return
      }
    }
  } catch (error) {
    if (!signal.aborted) throw error
  }
}
