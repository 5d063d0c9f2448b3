import { existsSync, readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { jetstream, jetstreamManager, type JetStreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import Sqlite from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { erasePosts, type RecordedErasures } from '../erasure/erase-posts.ts'
import { awaitReadModels, IS_GONE, type AwaitLimits } from '../erasure/read-models.ts'
import { applyStreams } from '../schema/apply-streams.ts'
import { encodeEvent, EVENTS, subjectOf } from '../schema/events.ts'
import { READ_MODEL_NAMES } from '../schema/read-models.ts'
import { DEAD, POSTS, SCORES } from '../schema/streams.ts'
import { toPostId } from '../schema/post-id.ts'
import { DurablePublisher } from '../schema/runtime/publish.ts'
import { postScored, postSubmitted } from '../schema/testing/builders.ts'
import { startTestNats, type TestNatsServer } from '../schema/testing/nats-server.ts'
import { consumerOf } from './testing/consumer-of.ts'
import { ProjectorRunner } from './testing/projector-runner.ts'
import { dumpRows } from './testing/replay.ts'

const NAMES = READ_MODEL_NAMES
const POST_COUNT = 60
/** Tables that hold a file's position in the log, and no content. */
const POSITIONS = ['checkpoints', 'erased_sequences', 'meta']

let nats: TestNatsServer
let connection: NatsConnection
let jsm: JetStreamManager
let host: ProjectorRunner

beforeEach(async () => {
  nats = await startTestNats()
  connection = await nats.connect()
  jsm = await jetstreamManager(connection)
  host = await ProjectorRunner.create(nats.url)
  await applyStreams(jsm)
})

afterEach(async () => {
  await host[Symbol.asyncDispose]()
  await connection.close()
  await nats[Symbol.asyncDispose]()
})

const idOf = (index: number): string => toPostId(36 ** 5 + index)
const secretOf = (index: number): string => `xylophone${idOf(index)}quartz`

/** Publishes posts and their scores by two scoring models, each in its stream. */
async function publishPosts(indexes: readonly number[]): Promise<void> {
  const publisher = new DurablePublisher(connection)
  const created_utc = 1_764_000_000
  await publisher.publish(
    indexes.map((index) => ({
      subject: subjectOf({ type: 'PostSubmitted', subreddit: 'AskScience' }),
      messageId: EVENTS.PostSubmitted.messageId({ id: idOf(index) }),
      payload: encodeEvent(
        postSubmitted({ id: idOf(index), title: `about ${secretOf(index)}`, created_utc: created_utc + 600 * index }),
      ),
    })),
  )
  const { last_seq } = (await jsm.streams.info(POSTS)).state
  const scores = indexes.flatMap((index, position) =>
    ['serious-1', 'serious-2'].map((model) => ({
      subject: subjectOf({ type: 'PostScored', model, subreddit: 'AskScience' }),
      messageId: EVENTS.PostScored.messageId({ model, post_id: idOf(index) }),
      payload: encodeEvent(
        postScored({
          post_id: idOf(index),
          created_utc: created_utc + 600 * index,
          model,
          seriousness: (index % 100) / 100,
          post_sequence: last_seq - indexes.length + position + 1,
        }),
      ),
    })),
  )
  await publisher.publish(scores)
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, index) => from + index)

/** Resolves when every read model has applied everything in the streams. */
async function untilApplied(): Promise<void> {
  await vi.waitFor(
    async () => {
      for (const name of NAMES) {
        for (const stream of [POSTS, SCORES]) {
          const { num_pending, num_ack_pending } = await jsm.consumers.info(stream, consumerOf(host.dataDir, name))
          expect(num_pending + num_ack_pending).toBe(0)
        }
      }
    },
    { timeout: 20_000 },
  )
}

function withFile<T>(name: string, read: (database: Sqlite.Database) => T): T {
  const database = new Sqlite(join(host.dataDir, `${name}.db`), { readonly: true, fileMustExist: true })
  try {
    return read(database)
  } finally {
    database.close()
  }
}

const rowsOf = (name: string): string => withFile(name, (database) => dumpRows(database, { without: POSITIONS }))
const allRows = (): string[] => NAMES.map(rowsOf)
const lostEvents = (): unknown[] =>
  NAMES.flatMap((name) =>
    withFile(name, (database) =>
      database.prepare('SELECT stream, first_sequence, last_sequence FROM lost_events').all(),
    ),
  )

const bytesOf = (): string =>
  NAMES.flatMap((name) => [`${name}.db`, `${name}.db-wal`])
    .map((file) => join(host.dataDir, file))
    .map((file) => (existsSync(file) ? readFileSync(file, 'latin1') : ''))
    .join()

const erase = (
  indexes: readonly number[],
  untilApplied: (erasures: RecordedErasures) => Promise<unknown> = async () => {},
) => erasePosts({ connection, posts: indexes.map((index) => ({ id: idOf(index) })), reason: 'test', untilApplied })

/** Erases posts and waits for the read models. @returns the state of each read model */
async function eraseAndWait(indexes: readonly number[], limits?: AwaitLimits): Promise<string[]> {
  let recorded: RecordedErasures | undefined
  await erase(indexes, async (erasures) => void (recorded = erasures))
  return (await awaitReadModels(host.dataDir, recorded!, IS_GONE, limits)).map(({ name, state }) => `${name} ${state}`)
}

async function rebuildAll(): Promise<void> {
  await host.stopAll()
  for (const name of NAMES) {
    for (const suffix of ['', '-wal', '-shm']) await rm(join(host.dataDir, `${name}.db${suffix}`), { force: true })
  }
  await host.startAll()
  await untilApplied()
}

describe.each([
  ['the first post', [0]],
  ['posts in the middle', [20, 21, 40]],
  ['the last post', [POST_COUNT - 1]],
  ['the first, the last and some in between', [0, 17, 18, 19, POST_COUNT - 1]],
  ['all posts', range(0, POST_COUNT)],
])('erasing %s', (_, gone) => {
  test('rows equal those of a log without the posts, no byte of the posts is left, and a rebuild gives the same rows', async () => {
    await host.startAll()
    await publishPosts(range(0, POST_COUNT))
    await untilApplied()
    expect(gone.every((index) => bytesOf().includes(secretOf(index)))).toBe(true)

    expect(await eraseAndWait(gone)).toEqual(NAMES.map((name) => `${name} gone`))
    const followed = allRows()
    expect(gone.filter((index) => bytesOf().includes(secretOf(index)))).toEqual([])
    expect(totalsOf()).toEqual(expectedTotals(range(0, POST_COUNT).filter((index) => !gone.includes(index))))

    await host.stopAll()
    await host.startAll()
    await untilApplied()
    expect(allRows()).toEqual(followed)
    await rebuildAll()
    expect(allRows()).toEqual(followed)
    expect(lostEvents()).toEqual([])
    await publishPosts(range(POST_COUNT, POST_COUNT + 5))
    await untilApplied()
    const more = allRows()
    await rebuildAll()
    expect(allRows()).toEqual(more)
    expect(lostEvents()).toEqual([])
  }, 60_000)
})

/** Posts and sums by subreddit and model, over all time and hour by hour. */
function totalsOf() {
  return ['hourly', 'all_time'].map((table) =>
    withFile(table.replace('_', '-'), (database) =>
      database
        .prepare(`SELECT model, sum(posts) AS posts, sum(sum) AS sum FROM ${table} GROUP BY model ORDER BY model`)
        .all(),
    ),
  )
}

function expectedTotals(left: readonly number[]) {
  const sum = left.reduce((total, index) => total + (index % 100) * 100, 0)
  const rows = left.length === 0 ? [] : ['serious-1', 'serious-2'].map((model) => ({ model, posts: left.length, sum }))
  return [rows, rows]
}

test('the events in the purged beginning of a stream are lost, except for the erased ones', async () => {
  await publishPosts(range(0, 10))
  await erase([0, 2])
  await jsm.streams.purge(SCORES, { seq: 9 })
  await host.startAll()
  await untilApplied()
  expect(
    withFile('hourly', (database) =>
      database.prepare('SELECT stream, first_sequence, last_sequence FROM lost_events').all(),
    ),
  ).toEqual([
    { stream: SCORES, first_sequence: 3, last_sequence: 4 },
    { stream: SCORES, first_sequence: 7, last_sequence: 8 },
  ])
}, 60_000)

test('a message at the beginning that was deleted without a PostErased is lost', async () => {
  await publishPosts(range(0, 3))
  await jsm.streams.deleteMessage(SCORES, 1)
  await host.startAll()
  await untilApplied()
  expect(
    withFile('all-time', (database) =>
      database.prepare('SELECT stream, first_sequence, last_sequence FROM lost_events').all(),
    ),
  ).toEqual([{ stream: SCORES, first_sequence: 1, last_sequence: 1 }])
}, 60_000)

test('a projector that was stopped applies the erasure when it starts, and its read model is pending until then', async () => {
  await host.startAll()
  await publishPosts(range(0, 10))
  await untilApplied()
  await host.stopAll()
  expect(await eraseAndWait([3], { silenceMs: 300 })).toEqual(NAMES.map((name) => `${name} pending`))
  await host.startAll()
  await untilApplied()
  expect(totalsOf()).toEqual(expectedTotals(range(0, 10).filter((index) => index !== 3)))
}, 60_000)

test('late copies and scores of an erased post change nothing, and the next erasing removes them', async () => {
  await host.startAll()
  await publishPosts(range(0, 10))
  await erase([3])
  await untilApplied()
  const before = allRows()
  const copy = postSubmitted({ id: idOf(3), title: `about ${secretOf(3)}` })
  await jetstream(connection).publish(subjectOf({ type: 'PostSubmitted', subreddit: 'AskScience' }), encodeEvent(copy))
  await jetstream(connection).publish(
    subjectOf({ type: 'PostScored', model: 'late-1', subreddit: 'AskScience' }),
    encodeEvent(postScored({ post_id: idOf(3), model: 'late-1' })),
  )
  await untilApplied()
  expect(allRows()).toEqual(before)
  expect((await erase([3])).posts).toMatchObject([{ outcome: 'erased', posts: [12], scores: [21] }])
  await rebuildAll()
  expect(allRows()).toEqual(before)
  expect(lostEvents()).toEqual([])
}, 60_000)

describe('a rejected event whose dead letter was not sent before its projector stopped', () => {
  const publishBroken = (index: number) =>
    jetstream(connection).publish(
      subjectOf({ type: 'PostSubmitted', subreddit: 'AskScience' }),
      JSON.stringify({ id: idOf(index), title: secretOf(index) }),
    )
  const waiting = (): unknown[] =>
    withFile('posts', (database) => database.prepare('SELECT sequence FROM dead_letters').all())
  const untilWaiting = (count: number): Promise<void> =>
    vi.waitFor(() => expect(waiting()).toHaveLength(count), { timeout: 10_000 })
  const letters = async () => (await jsm.streams.info(DEAD)).state

  /** Without the stream DEAD no letter can be sent. */
  beforeEach(async () => {
    await jsm.streams.delete(DEAD)
    await host.startAll()
    await publishBroken(0)
    await publishBroken(1)
    await untilWaiting(2)
    await host.stopAll()
    await applyStreams(jsm)
  })

  test('is not sent after its erasure, and the other letters are', async () => {
    await erase([0])
    await host.startAll()
    await untilApplied()
    await untilWaiting(0)
    expect(await letters()).toMatchObject({ messages: 1, last_seq: 1 })
    expect((await jsm.streams.getMessage(DEAD, { seq: 1 }))!.string()).toContain(secretOf(1))
    await vi.waitFor(() => expect(bytesOf()).not.toContain(secretOf(0)), { timeout: 10_000 })
  }, 60_000)

  test('is sent by the next projector if nothing was erased', async () => {
    await host.startAll()
    await vi.waitFor(async () => expect(await letters()).toMatchObject({ messages: 2 }), { timeout: 10_000 })
    await untilWaiting(0)
  }, 60_000)
})
