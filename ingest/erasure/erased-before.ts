import { jetstreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { decodeValidEvent } from '../../schema/decode-event.ts'
import { type PostErased, subjectPattern } from '../../schema/events.ts'
import { POSTS } from '../../schema/streams.ts'
import type { PostToErase } from './erase-posts.ts'
import { scanStream } from './scan-stream.ts'

/** The posts that were erased before, each once: to look for what came in late of them. */
export async function readErasedBefore(connection: NatsConnection): Promise<PostToErase[]> {
  const posts = new Map<string, PostToErase>()
  await scanStream({
    connection,
    jsm: await jetstreamManager(connection),
    stream: POSTS,
    filter: subjectPattern('PostErased'),
    start: { after: 0 },
    onMessage: ({ data, subject, info }) => {
      const event = decodeValidEvent(data, subject, info.timestampNanos / 1e6) as PostErased | undefined
      if (event === undefined || posts.has(event.post_id)) return
      const { post_id: id, subreddit, created_utc: createdUtc } = event
      posts.set(id, { id, subreddit, createdUtc })
    },
  })
  return [...posts.values()]
}
