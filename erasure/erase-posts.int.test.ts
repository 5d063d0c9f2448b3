import { AckPolicy, jetstream, jetstreamManager, type JetStreamManager, type JsMsg } from '@nats-io/jetstream'
import { headers, type NatsConnection } from '@nats-io/transport-node'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { deadSubject } from '../schema/dead-letters.ts'
import { decodeEvent } from '../schema/decode-event.ts'
import { encodeEvent, messageIdOf, subjectOf, type GravitasEvent, type PostErased } from '../schema/events.ts'
import { applyStreams } from '../schema/apply-streams.ts'
import { scorerConsumer } from '../schema/scoring-models.ts'
import { DEAD, POSTS, SCORES } from '../schema/streams.ts'
import { postErased, postScored, postSubmitted } from '../schema/testing/builders.ts'
import { startTestNats, type TestNatsServer } from '../schema/testing/nats-server.ts'
import { filesWith } from '../schema/testing/stored-bytes.ts'
import { erasePosts, type EraseOptions } from './erase-posts.ts'

const SECRET = 'xylophonequartz'
const ID = '1secre'

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

const erase = (options: Partial<EraseOptions> = {}) =>
  erasePosts({ connection, posts: [{ id: ID }], reason: 'test', ...options })

/** Stores events in the way their publishers do. @returns their sequences */
async function publish(...events: GravitasEvent[]): Promise<number[]> {
  const js = jetstream(connection)
  const sequences: number[] = []
  for (const event of events) {
    sequences.push((await js.publish(subjectOf(event), encodeEvent(event), { msgID: messageIdOf(event) })).seq)
  }
  return sequences
}

/** Stores a message without a message id, so that the server stores it again like a copy after the duplicate window. */
const publishAgain = (subject: string, data: string | Uint8Array) => jetstream(connection).publish(subject, data)

const secretPost = postSubmitted({ id: ID, title: `about ${SECRET}`, selftext: `${SECRET} at length` })
const secretScore = (model = 'serious-1') => postScored({ post_id: ID, model })
const others = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => postSubmitted({ id: `other${from + index}`, title: 'harmless' }))

async function stateOf(stream: string) {
  const { state } = await jsm.streams.info(stream)
  return { messages: state.messages, last: state.last_seq }
}

async function erasuresOf(id: string): Promise<PostErased[]> {
  const { state } = await jsm.streams.info(POSTS)
  const found: PostErased[] = []
  for (let seq = state.first_seq; seq <= state.last_seq; seq++) {
    const message = await jsm.streams.getMessage(POSTS, { seq }).catch(() => null)
    if (!message?.subject.startsWith('posts.erased.')) continue
    const event = decodeEvent(message.data, message.subject, message.time.getTime()) as PostErased
    if (event.post_id === id) found.push(event)
  }
  return found
}

const deadLetter = (data: string) => {
  const set = headers()
  set.set('Gravitas-Reason', 'test')
  return jetstream(connection).publish(deadSubject('ingest'), data, { headers: set })
}

describe('erasing a post', () => {
  test('overwrites all messages of the post in every stream, and no others', async () => {
    await publish(
      secretPost,
      ...others(0, 20),
      secretScore(),
      secretScore('serious-2'),
      postScored({ post_id: 'other1' }),
    )
    await publishAgain('posts.submitted.askscience', encodeEvent(secretPost))
    await deadLetter(JSON.stringify({ name: `t3_${ID}`, title: SECRET }))
    await deadLetter(`{"id":"${ID}","title":"${SECRET}, cut o`)
    await deadLetter(JSON.stringify({ id: 'other1', crosspost_parent_list: [{ id: ID, title: SECRET }] }))
    await deadLetter('{"id":"other2","title":"harmless"}')
    expect(filesWith(nats.storeDir, SECRET)).not.toEqual([])

    const report = await erase()

    expect(report.posts).toEqual([
      {
        id: ID,
        outcome: 'erased',
        subreddit: 'AskScience',
        createdUtc: 1_764_000_000,
        posts: [1, 22],
        scores: [1, 2],
        deadLetters: [1, 2, 3],
      },
    ])
    expect(report.recordedAt).toBe(23)
    expect(filesWith(nats.storeDir, SECRET)).toEqual([])
    expect(await erasuresOf(ID)).toEqual([
      { ...postErased({ post_id: ID, reason: 'test' }), post_sequences: [1, 22], score_sequences: [1, 2] },
    ])
    expect(await stateOf(POSTS)).toEqual({ messages: 21, last: 23 })
    expect(await stateOf(SCORES)).toEqual({ messages: 1, last: 3 })
    expect(await stateOf(DEAD)).toEqual({ messages: 1, last: 4 })
  })

  test('is still done after the server was killed; a second run changes nothing', async () => {
    await publish(...others(0, 3), secretPost, secretScore())
    await erase()
    await connection.close()
    await nats.kill()
    await nats.restart()
    connection = await nats.connect()
    jsm = await jetstreamManager(connection)
    expect((await erase()).posts).toMatchObject([{ outcome: 'already erased', posts: [], scores: [] }])
    expect(await stateOf(POSTS)).toEqual({ messages: 4, last: 5 })
    expect(await stateOf(SCORES)).toEqual({ messages: 0, last: 1 })
    expect(filesWith(nats.storeDir, SECRET)).toEqual([])
  })

  test('finds posts in a log of many pages, and reads it only from their creation on', async () => {
    for (let at = 0; at < 3_000; at += 250) await Promise.all(others(at, at + 250).map((post) => publish(post)))
    const nowUtc = Math.floor(Date.now() / 1_000)
    await publish({ ...secretPost, created_utc: nowUtc })
    const read: string[] = []
    const report = await erase({
      posts: [{ id: ID, subreddit: 'AskScience', createdUtc: nowUtc }],
      onProgress: ({ stream }) => read.push(stream),
    })
    expect(report.posts).toMatchObject([{ outcome: 'erased', posts: [3_001] }])
    expect(report.messagesRead).toBe(3_002)
    expect(read.filter((stream) => stream === POSTS).length).toBeGreaterThan(3)
    const later = await erase({ posts: [{ id: 'b', subreddit: 'AskScience', createdUtc: nowUtc + 90_000 }] })
    expect(later.messagesRead).toBe(0)
  })

  test('erases many posts in one pass, and reports on each', async () => {
    await publish(...others(0, 30), ...others(0, 30).map(({ id }) => postScored({ post_id: id })))
    const report = await erase({ posts: others(0, 25).map(({ id }) => ({ id })) })
    expect(report.posts.map(({ outcome, posts, scores }) => [outcome, posts.length, scores.length])).toEqual(
      Array.from({ length: 25 }, () => ['erased', 1, 1]),
    )
    expect(await stateOf(POSTS)).toEqual({ messages: 30, last: 55 })
    expect((await stateOf(SCORES)).messages).toBe(5)
  })

  test('a dry run reports what would be erased, and changes nothing', async () => {
    await publish(secretPost, secretScore())
    const report = await erase({ dryRun: true, posts: [{ id: ID }, { id: 'nowhere' }] })
    expect(report.posts).toMatchObject([
      { outcome: 'would be erased', posts: [1], scores: [1] },
      { outcome: 'unknown', posts: [], scores: [] },
    ])
    expect(await stateOf(POSTS)).toEqual({ messages: 1, last: 1 })
  })
})

describe('a post without a valid PostSubmitted in the log', () => {
  test('is unknown without any message; other posts are erased', async () => {
    await publish(secretPost)
    const report = await erase({ posts: [{ id: 'nowhere' }, { id: ID }] })
    expect(report.posts).toMatchObject([
      { id: 'nowhere', outcome: 'unknown' },
      { id: ID, outcome: 'erased' },
    ])
    expect(await erasuresOf('nowhere')).toEqual([])
  })

  test('is recorded with a guess when only malformed messages mention it', async () => {
    await publishAgain('posts.submitted.memes', JSON.stringify({ id: ID, title: SECRET }))
    await deadLetter('{"id":"reject","title":"harmless"}')
    const posts = [{ id: ID }, { id: 'reject' }]
    expect((await erase({ posts, dryRun: true })).posts).toMatchObject([
      { outcome: 'would be erased', subreddit: 'memes', posts: [1] },
      { outcome: 'would be erased', deadLetters: [1] },
    ])
    expect((await erase({ posts })).posts).toMatchObject([{ outcome: 'erased' }, { outcome: 'erased' }])
    expect(await erasuresOf(ID)).toMatchObject([{ subreddit: 'memes', post_sequences: [1] }])
    expect(await erasuresOf('reject')).toHaveLength(1)
    expect((await stateOf(DEAD)).messages).toBe(0)
  })

  test('is recorded with the subreddit and time that the caller gives, so that a later copy does not count', async () => {
    const posts = [{ id: ID, subreddit: 'AskScience', createdUtc: 1_764_000_000 }]
    expect((await erase({ posts })).posts).toMatchObject([{ outcome: 'erased', posts: [] }])
    expect(await erasuresOf(ID)).toHaveLength(1)
    await publish(secretPost)
    expect((await erase()).posts).toMatchObject([{ outcome: 'erased', posts: [2] }])
    expect((await erasuresOf(ID)).map((event) => event.post_sequences)).toEqual([[], [2]])
    expect(filesWith(nats.storeDir, SECRET)).toEqual([])
  })

  test('is identified by its score, or by a rejected event', async () => {
    await publish(secretScore())
    await deadLetter(JSON.stringify({ ...secretPost, id: 'rejec', over_18: 'yes' }))
    const report = await erase({ posts: [{ id: ID }, { id: 'rejec' }] })
    expect(report.posts.map(({ outcome }) => outcome)).toEqual(['erased', 'erased'])
  })

  test('loses also messages that only look like an erasure', async () => {
    await publish(...others(0, 1))
    await publishAgain('posts.erased.askscience', encodeEvent(secretPost))
    await publishAgain('posts.erased.askscience', JSON.stringify({ type: 'PostErased', post_id: ID }))
    expect((await erase()).posts).toMatchObject([{ outcome: 'erased', posts: [2, 3] }])
    expect(filesWith(nats.storeDir, SECRET)).toEqual([])
  })
})

describe('messages that are not an event of the post', () => {
  test('are found by the ids in them, and by their address', async () => {
    const shapes = [
      JSON.stringify([postSubmitted({ id: 'other' }), secretPost]),
      JSON.stringify({ kind: 't3', data: secretPost }),
      JSON.stringify(encodeEvent(secretPost)),
      JSON.stringify({ post_id: 'other', id: ID, title: SECRET }),
      JSON.stringify({ title: SECRET, permalink: `/r/AskScience/comments/${ID}/why/` }),
    ]
    for (const shape of shapes) await publishAgain('posts.submitted.askscience', shape)
    for (const shape of shapes) await publishAgain('scores.serious-1.askscience', shape)
    const link = postSubmitted({ id: 'linker', url: `https://www.reddit.com/r/AskScience/comments/${ID}/why/` })
    await publish(link)
    expect((await erase()).posts).toMatchObject([{ posts: [1, 2, 3, 4, 5], scores: [1, 2, 3, 4, 5] }])
    expect(filesWith(nats.storeDir, SECRET)).toEqual([])
    expect((await stateOf(POSTS)).messages).toBe(2)
  })

  test('when a valid event of another post holds the text, that post is erased too, and this is recorded', async () => {
    const crosspost = postSubmitted({ id: 'carrie', title: 'look at this' })
    const score = postScored({ post_id: 'carrie' })
    await publish(...others(0, 3), score, secretPost)
    const carrying = { ...crosspost, crosspost_parent_list: [{ id: ID, title: SECRET }] }
    await publishAgain('posts.submitted.askscience', encodeEvent(carrying))
    const report = await erase()
    expect(report.posts).toMatchObject([
      { id: ID, outcome: 'erased', posts: [4, 5] },
      { id: 'carrie', outcome: 'erased', posts: [5], scores: [1], carries: ID },
    ])
    expect(filesWith(nats.storeDir, SECRET)).toEqual([])
    expect(await erasuresOf('carrie')).toMatchObject([{ post_sequences: [5], score_sequences: [1] }])
    expect((await stateOf(POSTS)).messages).toBe(5)
    expect((await stateOf(SCORES)).messages).toBe(0)
    expect((await erase()).posts).toMatchObject([{ outcome: 'already erased' }])
  })

  test('an erasure in broken UTF-8 erases nothing, and does not count as a record', async () => {
    await publish(secretPost)
    const broken = Buffer.from(encodeEvent(postErased({ post_id: ID, reason: 'gelöscht' })), 'latin1')
    await publishAgain('posts.erased.askscience', broken)
    expect((await erase()).posts).toMatchObject([{ outcome: 'erased', posts: [1, 2] }])
    expect(await erasuresOf(ID)).toMatchObject([{ post_sequences: [1, 2] }])
  })
})

describe('an erasure that was interrupted', () => {
  test('after the search: nothing was changed, and the next run does everything', async () => {
    await publish(secretPost, secretScore())
    const other = await nats.connect()
    await expect(erase({ connection: other, onProgress: () => void other.close() })).rejects.toThrow(/./)
    expect(await stateOf(POSTS)).toEqual({ messages: 1, last: 1 })
    expect((await erase()).posts).toMatchObject([{ outcome: 'erased', posts: [1], scores: [1] }])
  })

  test('after the erasure was recorded: the next run deletes, and records nothing again', async () => {
    await publish(secretPost, secretScore(), secretScore('serious-2'))
    await publish({ ...postErased({ post_id: ID }), post_sequences: [1], score_sequences: [1, 2] })
    await jsm.streams.deleteMessage(SCORES, 1)
    expect((await erase()).posts).toMatchObject([{ outcome: 'erased', posts: [1], scores: [2] }])
    expect(await stateOf(POSTS)).toEqual({ messages: 1, last: 2 })
    expect((await stateOf(SCORES)).messages).toBe(0)
  })

  test('an erasure that somebody else recorded gets a second one, which names the messages and keeps the reason', async () => {
    await publish(secretPost, postErased({ post_id: ID, reason: 'another' }))
    expect((await erase()).posts).toMatchObject([{ outcome: 'erased', posts: [1] }])
    expect(await erasuresOf(ID)).toMatchObject([{ reason: 'another' }, { reason: 'another', post_sequences: [1] }])
    expect((await erasuresOf(ID))[0]).not.toHaveProperty('post_sequences')
  })
})

describe('messages that arrive during an erasure', () => {
  test('a copy that is stored after the search is deleted too, and recorded', async () => {
    await publish(secretPost, secretScore())
    let late: Promise<unknown> | undefined
    const report = await erase({
      onProgress: ({ stream }) => {
        if (stream === SCORES) late ??= publishAgain('posts.submitted.askscience', encodeEvent(secretPost))
      },
    })
    await late
    expect(report.posts).toMatchObject([{ outcome: 'erased', posts: [1, 2], scores: [1] }])
    const named = (await erasuresOf(ID)).flatMap((event) => event.post_sequences ?? [])
    expect(named.toSorted((a, b) => a - b)).toEqual([1, 2])
    expect(filesWith(nats.storeDir, SECRET)).toEqual([])
  })

  test('the erasure waits for the score that a scorer is making', async () => {
    await publish(secretPost)
    const message = await takeAsScorer()
    const erasing = erase()
    await untilStored(POSTS, 2)
    expect((await stateOf(POSTS)).messages).toBe(2)
    await publish(secretScore())
    message.ack()
    expect((await erasing).posts).toMatchObject([{ outcome: 'erased', posts: [1], scores: [1] }])
    expect((await stateOf(SCORES)).messages).toBe(0)
  })

  test('a dead letter that arrives while the read models apply the erasure is deleted too', async () => {
    await publish(secretPost)
    const applied: number[] = []
    const report = await erase({
      untilApplied: async ({ recordedAt, streamCreated, messages }) => {
        expect(streamCreated).toBe((await jsm.streams.info(POSTS)).created)
        expect(messages.get(POSTS)).toEqual(new Set([1]))
        applied.push(recordedAt)
        await deadLetter(JSON.stringify(secretPost))
      },
    })
    expect(applied).toEqual([2])
    expect(report.posts).toMatchObject([{ outcome: 'erased', posts: [1], deadLetters: [1] }])
    expect(await stateOf(DEAD)).toEqual({ messages: 0, last: 1 })
    expect(filesWith(nats.storeDir, SECRET)).toEqual([])
  })

  test('nothing is deleted from a stream that was re-created', async () => {
    await publish(secretPost, secretScore())
    const message = await takeAsScorer()
    const erasing = erase()
    await untilStored(POSTS, 2)
    await jsm.streams.delete(SCORES)
    await applyStreams(jsm)
    await publish(postScored({ post_id: 'other' }))
    message.ack()
    await expect(erasing).rejects.toThrow(/re-created/)
    expect(await stateOf(SCORES)).toEqual({ messages: 1, last: 1 })
  })
})

/** Receives the next post as a scorer does, without scoring it. */
async function takeAsScorer(): Promise<JsMsg> {
  const durable_name = scorerConsumer('serious-1')
  await jsm.consumers.add(POSTS, { durable_name, ack_policy: AckPolicy.Explicit })
  const consumer = await jetstream(connection).consumers.get(POSTS, durable_name)
  return (await consumer.next())!
}

/** Resolves when a stream has reached a sequence. */
async function untilStored(stream: string, sequence: number): Promise<void> {
  while ((await stateOf(stream)).last < sequence) await new Promise((resolve) => setImmediate(resolve))
}
