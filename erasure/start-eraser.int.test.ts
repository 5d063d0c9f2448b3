import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { jetstream, jetstreamManager, type JetStreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import Sqlite from 'better-sqlite3'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { applyStreams } from '../schema/apply-streams.ts'
import { deadSubject, letterOfInput } from '../schema/dead-letters.ts'
import { encodeEvent, messageIdOf, subjectOf, type GravitasEvent } from '../schema/events.ts'
import { createLogger } from '../schema/runtime/logger.ts'
import { LetterFile, letterFile } from '../schema/outbox/letter-file.ts'
import { connectNats } from '../schema/runtime/nats.ts'
import { DEAD, POSTS, STREAM_NAMES } from '../schema/streams.ts'
import { postErased, postSubmitted } from '../schema/testing/builders.ts'
import { startSecuredNats, withoutImports } from '../scripts/testing/start-secured-nats.ts'
import { filesWith } from '../schema/testing/stored-bytes.ts'
import { startEraser } from './start-eraser.ts'

/** The text of the posts of a test. Each test has its own, because the server removes the files of a deleted stream only later. */
let secretText = ''
let tests = 0

let nats: Awaited<ReturnType<typeof startSecuredNats>>
let admin: NatsConnection
let jsm: JetStreamManager

beforeAll(() => begin())
afterAll(end)

beforeEach(async () => {
  secretText = `xylophonequartz${++tests}`
  await applyStreams(jsm)
})
afterEach(async () => {
  for (const stream of STREAM_NAMES) await jsm.streams.delete(stream)
  for (const file of await readdir(nats.dataDir)) if (file.includes('.db')) await rm(join(nats.dataDir, file))
})

/** @param change alters nats.conf */
async function begin(change?: (conf: string) => string): Promise<void> {
  nats = await startSecuredNats(change)
  admin = await connectNats({ url: nats.url, user: 'admin', name: 'test', dataDir: nats.dataDir })
  jsm = await jetstreamManager(admin)
}

async function end(): Promise<void> {
  await admin.close()
  await nats[Symbol.asyncDispose]()
}

const start = ({ gatherMs = 50, silenceMs = 300 } = {}) =>
  startEraser({ natsUrl: nats.url, dataDir: nats.dataDir, logLevel: 'silent' }, createLogger('eraser', 'silent'), {
    pollMs: 50,
    gatherMs,
    retryMs: 50,
    restFactor: 0,
    silenceMs,
  })

async function publish(event: GravitasEvent): Promise<number> {
  const options = { msgID: messageIdOf(event) }
  return (await jetstream(admin).publish(subjectOf(event), encodeEvent(event), options)).seq
}

const secret = (id: string) => postSubmitted({ id, title: `${secretText} ${id}` })
const isStored = (id: string): boolean => filesWith(join(nats.dataDir, 'jetstream'), `${secretText} ${id}`).length > 0
const untilErased = (id: string): Promise<void> =>
  vi.waitFor(() => expect(isStored(id)).toBe(false), { timeout: 20_000, interval: 100 })
const countWaiting = async (): Promise<number> => {
  const { num_pending, num_ack_pending } = await jsm.consumers.info(POSTS, 'eraser')
  return num_pending + num_ack_pending
}
const untilAcknowledged = (): Promise<void> =>
  vi.waitFor(
    async () => {
      // For a moment, a new consumer does not say that anything is pending.
      expect((await jsm.consumers.info(POSTS, 'eraser')).ack_floor.stream_seq).toBeGreaterThan(0)
      expect(await countWaiting()).toBe(0)
    },
    { timeout: 20_000, interval: 100 },
  )

/** Creates the file of `posts` at the beginning of POSTS, as its projector does. */
async function createReadModel(): Promise<Sqlite.Database> {
  const file = new Sqlite(join(nats.dataDir, 'posts.db'))
  file.exec(`CREATE TABLE checkpoints (stream TEXT, stream_created TEXT, sequence INTEGER);
    CREATE TABLE dead_letters (stream TEXT, sequence INTEGER);
    CREATE TABLE meta (name TEXT, value TEXT)`)
  const { created } = await jsm.streams.info(POSTS)
  file.prepare('INSERT INTO checkpoints VALUES (?, ?, 0)').run(POSTS, created)
  return file
}

test('posts whose erasure another process recorded are erased, each with its reason', async () => {
  for (const id of ['1', '2', '3']) await publish(secret(id))
  await publish(postErased({ post_id: '1', reason: 'one reason' }))
  await publish(postErased({ post_id: '2', reason: 'another' }))
  {
    await using _eraser = await start()
    await untilErased('1')
    await untilErased('2')
    await untilAcknowledged()
  }
  expect(isStored('3')).toBe(true)
  const [one, two] = await Promise.all(
    [6, 7].map(async (seq) => (await jsm.streams.getMessage(POSTS, { seq }))!.json()),
  )
  expect(one).toMatchObject({ post_id: '1', reason: 'one reason', post_sequences: [1] })
  expect(two).toMatchObject({ post_id: '2', reason: 'another', post_sequences: [2] })
}, 60_000)

test('what an import that ended could not send to DEAD is sent', async () => {
  using file = new LetterFile(letterFile(nats.dataDir, 'ingest'))
  file.add([
    letterOfInput('ingest', { origin: 'a', position: 1, reason: '', data: Buffer.from('no post'), headers: {} }),
  ])
  await using _eraser = await start()
  await vi.waitFor(() => expect(file.count()).toBe(0), { timeout: 10_000 })
  expect((await jsm.streams.getMessage(DEAD, { last_by_subj: deadSubject('ingest') }))?.string()).toBe('no post')
})

test('an eraser that is stopped during its work leaves the rest to the next one', async () => {
  await publish(secret('1'))
  await publish(postErased({ post_id: '1' }))
  {
    await using _gathering = await start({ gatherMs: 60_000 })
    await vi.waitFor(async () => expect((await jsm.consumers.info(POSTS, 'eraser')).num_pending).toBe(1), 10_000)
  }
  expect(isStored('1')).toBe(true)
  // The state after a kill following the first step: the messages are named, but not deleted yet.
  await publish({ ...postErased({ post_id: '1' }), reason: 'named', post_sequences: [1], score_sequences: [] })
  await using _eraser = await start()
  await untilErased('1')
  await untilAcknowledged()
}, 60_000)

test('an erasure that names its messages is left to the process that recorded it', async () => {
  await publish(secret('1'))
  await publish({ ...postErased({ post_id: '1' }), post_sequences: [1], score_sequences: [] })
  await using _eraser = await start()
  await untilAcknowledged()
  expect(isStored('1')).toBe(true)
}, 60_000)

test('the eraser stops at once while it waits for a read model', async () => {
  const file = new Sqlite(join(nats.dataDir, 'posts.db'))
  file.exec(`CREATE TABLE checkpoints (stream TEXT, stream_created TEXT, sequence INTEGER)`)
  file.close()
  await publish(secret('1'))
  await publish(postErased({ post_id: '1' }))
  const eraser = await start({ silenceMs: 60_000 })
  await untilErased('1')
  const startMs = performance.now()
  await eraser[Symbol.asyncDispose]()
  expect(performance.now() - startMs).toBeLessThan(3_000)
}, 60_000)

test('an erasure is acknowledged only after the read models have applied it', async () => {
  using closing = new DisposableStack()
  const file = await createReadModel()
  closing.defer(() => file.close())
  await publish(secret('1'))
  await publish(postErased({ post_id: '1' }))
  await using _eraser = await start()
  await untilErased('1')
  await vi.waitFor(async () => {
    expect((await jsm.consumers.info(POSTS, 'eraser')).num_redelivered).toBe(1)
  }, 40_000)
  expect(await countWaiting()).toBeGreaterThan(0)
  file.exec('UPDATE checkpoints SET sequence = 99')
  await untilAcknowledged()
}, 60_000)

test('a post that is older than its erasure says is erased all the same', async () => {
  await publish(secret('1'))
  await pause(1_100)
  const inADayUtc = Math.floor(Date.now() / 1_000) + 86_400
  await publish(postErased({ post_id: '1', created_utc: inADayUtc }))
  await using _eraser = await start()
  await untilAcknowledged()
  expect(isStored('1')).toBe(false)
}, 60_000)

test('an erasure that cannot be carried out does not keep others waiting', async () => {
  await end()
  await begin(withoutImports('$JS.API.STREAM.MSG.DELETE.DEAD'))
  await applyStreams(jsm)
  for (const id of ['1', '2', '3']) {
    await publish(secret(id))
    await publish(postErased({ post_id: id }))
  }
  await jetstream(admin).publish(deadSubject('ingest'), JSON.stringify({ id: '2', title: secretText }))
  await using _eraser = await start()
  await vi.waitFor(async () => {
    const { num_pending, num_ack_pending } = await jsm.consumers.info(POSTS, 'eraser')
    expect([num_pending, num_ack_pending]).toEqual([0, 1])
  }, 90_000)
  for (const id of ['1', '2', '3']) expect(isStored(id)).toBe(false)
}, 120_000)
