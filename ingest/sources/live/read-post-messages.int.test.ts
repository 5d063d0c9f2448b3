import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { applyStreams } from '../../../schema/apply-streams.ts'
import { encodeEvent, EVENTS, subjectOf } from '../../../schema/events.ts'
import { POSTS } from '../../../schema/streams.ts'
import { DurablePublisher } from '../../../schema/runtime/publish.ts'
import { postErased, postSubmitted } from '../../../schema/testing/builders.ts'
import { startTestNats, type TestNatsServer } from '../../../schema/testing/nats-server.ts'
import { PostsPublisher } from '../../posts-publisher.ts'
import { createPost } from '../../testing/stand-in-listing.ts'
import { PublishingSink } from './post-sink.ts'
import { readNewestIds } from './read-post-messages.ts'

/** No post of these tests is rejected. */
const letters = { store: () => expect.unreachable('a post was rejected') }
const ids = Array.from({ length: 600 }, (_, n) => (36 ** 5 + n).toString(36))

let nats: TestNatsServer
let connection: NatsConnection
let jsm: JetStreamManager

beforeEach(async () => {
  nats = await startTestNats()
  connection = await nats.connect()
  jsm = await jetstreamManager(connection)
  await applyStreams(jsm)
})

afterEach(async () => {
  await connection.close()
  await nats[Symbol.asyncDispose]()
})

async function publish(): Promise<void> {
  const subject = subjectOf({ type: 'PostSubmitted', subreddit: 'AskScience' })
  const messages = ids.map((id) => ({
    subject,
    messageId: EVENTS.PostSubmitted.messageId({ id }),
    payload: encodeEvent(postSubmitted({ id, subreddit: 'AskScience' })),
  }))
  await new DurablePublisher(connection).publish(messages)
}

test('the newest ids of the log are read, without messages that are not posts', async () => {
  expect(await readNewestIds(jsm, 10)).toEqual([])
  await publish()
  await jsm.streams.deleteMessage(POSTS, 599)
  await connection.request(subjectOf({ type: 'PostSubmitted', subreddit: 'AskScience' }), 'no JSON at all')
  expect(await readNewestIds(jsm, 1_000)).toEqual([...ids.slice(0, 598), ids[599]])
  expect(await readNewestIds(jsm, 3)).toEqual([ids[599]])
})

test('an erased post is not stored again by a source that still shows it', async () => {
  await publish()
  await jsm.streams.deleteMessage(POSTS, 600)
  const erased = { ...postErased({ post_id: ids[599]! }), subreddit: 'AskScience' }
  await connection.request(subjectOf({ type: 'PostErased', subreddit: 'AskScience' }), encodeEvent(erased))
  const known = await readNewestIds(jsm, 1_000)
  await jsm.streams.delete(POSTS)
  await applyStreams(jsm)
  const sink = new PublishingSink(new PostsPublisher(new DurablePublisher(connection), letters), 'reddit', known)
  await sink.store([createPost(36 ** 5 + 599, 'AskScience', Date.now()).data], Date.now())
  expect(await readNewestIds(jsm, 10)).toEqual([])
})

test('posts that are in the log are not stored again, even after the server forgot their message ids', async () => {
  await publish()
  const publisher = new PostsPublisher(new DurablePublisher(connection), letters)
  const sink = new PublishingSink(publisher, 'reddit', await readNewestIds(jsm, 1_000))
  const now = Date.now()
  const posts = [36 ** 5 + 599, 36 ** 5 + 600].map((id) => createPost(id, 'AskScience', now).data)
  // A new stream accepts the ids again, as does a stream whose duplicate window has passed.
  await jsm.streams.delete(POSTS)
  await applyStreams(jsm)
  await sink.store(posts, now)
  await sink.store(posts, now)
  expect(await readNewestIds(jsm, 1_000)).toEqual([(36 ** 5 + 600).toString(36)])
  expect(publisher.counts).toMatchObject({ published: 1, duplicates: 3 })
})
