import { globSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { AckPolicy, jetstream, jetstreamManager, type JetStreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { erasePosts } from '../../erasure/erase-posts.ts'
import { applyStreams } from '../../schema/apply-streams.ts'
import { toMessage, type GravitasEvent } from '../../schema/events.ts'
import { toPostId } from '../../schema/post-id.ts'
import { DurablePublisher } from '../../schema/runtime/publish.ts'
import { POSTS, SCORES, STREAM_NAMES } from '../../schema/streams.ts'
import { postScored, postSubmitted } from '../../schema/testing/builders.ts'
import { startTestNats, type TestNatsServer } from '../../schema/testing/nats-server.ts'
import { ProjectorRunner } from '../testing/projector-runner.ts'

let nats: TestNatsServer
let connection: NatsConnection
let jsm: JetStreamManager
let host: ProjectorRunner

beforeAll(async () => {
  nats = await startTestNats()
  connection = await nats.connect()
  jsm = await jetstreamManager(connection)
})

beforeEach(async () => {
  await applyStreams(jsm)
  host = await ProjectorRunner.create(nats.url)
})

afterEach(async () => {
  await host[Symbol.asyncDispose]()
  for (const stream of STREAM_NAMES) await jsm.streams.delete(stream)
})

afterAll(async () => {
  await connection.close()
  await nats[Symbol.asyncDispose]()
})

/** Often enough that no test waits for it. */
const SOON = { auditIntervalMs: 50 }
const FIRST = 36 ** 5

const publish = (events: readonly GravitasEvent[]) => new DurablePublisher(connection).publish(events.map(toMessage))
const posts = (count: number, selftext = '') =>
  Array.from({ length: count }, (_, index) => postSubmitted({ id: toPostId(FIRST + index), selftext }))
const scores = (count: number, subreddits = ['AskScience']) =>
  Array.from({ length: count }, (_, index) =>
    postScored({ post_id: toPostId(FIRST + index), subreddit: subreddits[index % subreddits.length]! }),
  )
const until = (check: () => unknown) => vi.waitFor(check, { timeout: 20_000 })
const count = (name: 'posts' | 'all-time', on = host) =>
  on.query<{ count: number }>(name, `SELECT count(*) AS count FROM ${name === 'posts' ? 'posts' : 'counted'}`)[0]!.count
const erase = (...indexes: number[]) =>
  erasePosts({ connection, posts: indexes.map((index) => ({ id: toPostId(FIRST + index) })), reason: 'test' })

async function readableSequences(): Promise<number> {
  const { name } = await jsm.consumers.add(POSTS, { ack_policy: AckPolicy.None, mem_storage: true })
  const consumer = await jetstream(connection).consumers.get(POSTS, name)
  return (await Array.fromAsync(await consumer.fetch({ max_messages: 1_000, expires: 1_000 }))).length
}

/** nats-server begins a new block file after 8 MB, and loses most of a block. */
const BLOCKS = 'jetstream/$G/streams/POSTS/msgs/*.blk'
const blocks = () =>
  globSync(BLOCKS, { cwd: nats.storeDir })
    .map((file) => join(nats.storeDir, file))
    .sort()

function flipBit(file: string): void {
  const bytes = readFileSync(file)
  bytes[Math.floor(bytes.length / 2)]! ^= 1
  writeFileSync(file, bytes)
}

test.each([
  ['a flipped bit in a block', () => flipBit(blocks()[0]!)],
  ['a missing block', () => rmSync(blocks()[1]!)],
  ['a missing first block', () => rmSync(blocks()[0]!)],
])('%s: live and rebuilt read models report the same lost events', async (_, damage) => {
  const total = 225
  const large = posts(total, 'x'.repeat(100_000))
  for (let at = 0; at < total; at += 75) await publish(large.slice(at, at + 75))
  await host.start('posts')
  await until(() => expect(count('posts')).toBe(total))
  expect(host.lostEvents('posts')).toEqual([])
  await nats.kill()
  expect(blocks().length).toBeGreaterThan(2)
  damage()
  await nats.restart()
  await until(() => expect(host.lostEvents('posts')).not.toEqual([]))

  const lost = host.lostEvents('posts')
  const { messages } = (await jsm.streams.info(POSTS)).state
  const events = lost.reduce((sum, { first, last }) => sum + last - first + 1, 0)
  expect([messages + events, count('posts')]).toEqual([total, total])
  await using rebuilt = await ProjectorRunner.create(nats.url)
  await rebuilt.start('posts')
  await until(() => expect(count('posts', rebuilt)).toBe(messages))
  expect(rebuilt.lostEvents('posts')).toEqual(lost)
})

test('messages that a restarted server still counts but cannot read are found by reading them again', async () => {
  const large = posts(150, 'x'.repeat(100_000))
  for (let at = 0; at < large.length; at += 75) await publish(large.slice(at, at + 75))
  await host.start('posts')
  await until(() => expect(count('posts')).toBe(large.length))
  process.kill(nats.pid, 'SIGTERM')
  await until(() => expect(() => process.kill(nats.pid, 0)).toThrow('ESRCH'))
  flipBit(blocks()[0]!)
  await nats.restart()
  await until(() => expect(host.lostEvents('posts')).not.toEqual([]))
  const { messages } = (await jsm.streams.info(POSTS)).state
  const readable = await readableSequences()
  const lost = host.lostEvents('posts').reduce((sum, { first, last }) => sum + last - first + 1, 0)
  expect([messages, readable + lost]).toEqual([large.length, large.length])
})

test('messages that were deleted or purged without a PostErased are lost, before the checkpoint as well', async () => {
  await publish(scores(20, ['AskScience', 'Memes']))
  await host.start('all-time', SOON)
  await until(() => expect(count('all-time')).toBe(20))
  await jsm.streams.deleteMessage(SCORES, 5)
  await until(() => expect(host.lostEvents('all-time')).toEqual([{ stream: SCORES, first: 5, last: 5 }]))
  await jsm.streams.purge(SCORES, { filter: 'scores.*.memes' })
  const expected = [2, 4, 5, 6, 8, 10, 12, 14, 16, 18, 20]
  const lostOf = (on: ProjectorRunner) =>
    on
      .lostEvents('all-time')
      .flatMap(({ first, last }) => Array.from({ length: last - first + 1 }, (_, i) => first + i))
  await until(() => expect(lostOf(host)).toEqual(expected))

  await using rebuilt = await ProjectorRunner.create(nats.url)
  await rebuilt.start('all-time')
  await until(() => expect(rebuilt.checkpoint('all-time', SCORES)).toBe(20))
  expect(lostOf(rebuilt)).toEqual(expected)
  expect(count('all-time', rebuilt)).toBe(9)
})

test('audits while posts are erased report nothing, and a stream that ends in erased messages leaves no lag', async () => {
  await publish(posts(12))
  await publish(scores(12))
  await host.start('all-time', { auditIntervalMs: 1 })
  await until(() => expect(count('all-time')).toBe(12))
  for (const index of [0, 4, 5, 10]) await erase(index)
  await erase(11)
  await until(() => expect(count('all-time')).toBe(7))
  await using rebuilt = await ProjectorRunner.create(nats.url)
  for (const on of [host, rebuilt]) {
    await on.stopAll()
    for (let start = 1; start <= 2; start++) {
      await on.start('all-time')
      await until(() => expect(on.checkpoint('all-time', SCORES)).toBe(12))
      await until(() => expect(on.checkpoint('all-time', POSTS)).toBe(17))
      expect(on.lostEvents('all-time')).toEqual([])
      await on.stopAll()
    }
  }
})

test('lost events at the end of a stream are recorded, and no message after them has to come first', async () => {
  await publish(scores(5))
  await jsm.streams.deleteMessage(SCORES, 4)
  await jsm.streams.deleteMessage(SCORES, 5)
  await host.start('all-time')
  await until(() => expect(host.checkpoint('all-time', SCORES)).toBe(5))
  expect(host.lostEvents('all-time')).toEqual([{ stream: SCORES, first: 4, last: 5 }])
  await publish([postScored({ post_id: toPostId(FIRST + 100) })])
  await until(() => expect(count('all-time')).toBe(4))
})

test('a PostErased that is recorded later takes its sequences out of the lost events', async () => {
  await publish(scores(3))
  await jsm.streams.deleteMessage(SCORES, 2)
  await host.start('all-time', SOON)
  await until(() => expect(host.lostEvents('all-time')).toEqual([{ stream: SCORES, first: 2, last: 2 }]))
  await publish([
    {
      type: 'PostErased',
      post_id: toPostId(FIRST + 1),
      subreddit: 'AskScience',
      created_utc: 1_764_000_000,
      score_sequences: [2],
    },
  ])
  await until(() => expect(host.lostEvents('all-time')).toEqual([]))
})
