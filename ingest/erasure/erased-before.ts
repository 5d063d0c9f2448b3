import { jetstreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { decodeValidEvent, type PostErased } from '../../schema/events.ts'
import { ERASED_SUBJECTS, POSTS } from '../../schema/subjects.ts'
import type { PostToErase } from './erase-posts.ts'
import { scanStream } from './scan-stream.ts'

/** The posts that were erased before, each once: to look for what came in late of them. */
export async function readErasedBefore(connection: NatsConnection): Promise<PostToErase[]> {
  const posts = new Map<string, PostToErase>()
  await scanStream({
    connection,
    jsm: await jetstreamManager(connection),
    stream: POSTS,
    filter: ERASED_SUBJECTS,
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
