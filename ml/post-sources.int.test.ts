import { jetstreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { applyStreams } from '../schema/apply-streams.ts'
import { encodeEvent, subjectOf } from '../schema/events.ts'
import { POSTS } from '../schema/streams.ts'
import { toPostId } from '../schema/post-id.ts'
import { DurablePublisher } from '../schema/runtime/publish.ts'
import { postSubmitted } from '../schema/testing/builders.ts'
import { startTestNats, type TestNatsServer } from '../schema/testing/nats-server.ts'
import { streamSource, type LabelledText } from './post-sources.ts'

let nats: TestNatsServer
let connection: NatsConnection

beforeEach(async () => {
  nats = await startTestNats()
  connection = await nats.connect()
  await applyStreams(await jetstreamManager(connection))
})

afterEach(async () => {
  await connection.close()
  await nats[Symbol.asyncDispose]()
})

async function publish(count: number): Promise<string[]> {
  const ids = Array.from({ length: count }, (_, index) => toPostId(36 ** 4 + index))
  const messages = ids.map((id) => {
    const post = postSubmitted({ id })
    return {
      subject: subjectOf(post),
      messageId: id,
      payload: encodeEvent(post),
    }
  })
  const publisher = new DurablePublisher(connection)
  await publisher.publishAll(messages)
  return ids
}

async function readAll(): Promise<{ posts: LabelledText[]; broken: number }> {
  const posts: LabelledText[] = []
  let broken = 0
  const { read } = streamSource({ url: nats.url, user: 'status', dataDir: nats.storeDir })
  for await (const post of read(() => broken++)) posts.push(post)
  return { posts, broken }
}

test('a stream is read from its first message to its last, without erasures and messages that are not posts', async () => {
  const ids = await publish(2_500)
  const jsm = await jetstreamManager(connection)
  for (const sequence of [1, 1_000, 1_001, 2_500]) await jsm.streams.deleteMessage(POSTS, sequence, true)
  await connection.flush()
  connection.publish(subjectOf({ type: 'PostSubmitted', subreddit: 'askscience' }), 'no post')
  connection.publish(subjectOf({ type: 'PostErased', subreddit: 'askscience' }), '{"type":"PostErased"}')
  await connection.flush()
  const { posts, broken } = await readAll()
  const erased = new Set([ids[0], ids[999], ids[1_000], ids[2_499]])
  expect(posts.map(({ id }) => id)).toEqual(ids.filter((id) => !erased.has(id)))
  expect(broken).toBe(1)
})

test('an empty stream has no posts; a missing stream and a missing server are errors', async () => {
  expect(await readAll()).toEqual({ posts: [], broken: 0 })
  await (await jetstreamManager(connection)).streams.delete(POSTS)
  await expect(readAll()).rejects.toThrow(/Cannot read the stream POSTS to its end/)
  await nats.kill()
  await expect(readAll()).rejects.toThrow(/Nothing answers at[^]*NATS_PORT/)
})
