import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { jetstream, jetstreamManager, type JetStreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { applyStreams } from '../apply-streams.ts'
import { letterOfEvent, letterOfInput, type DeadLetter } from '../dead-letters.ts'
import { digestOf } from '../digest.ts'
import { Health } from '../heartbeat.ts'
import { createLogger } from '../runtime/logger.ts'
import { DEAD, POSTS, STREAM_NAMES } from '../streams.ts'
import { startTestNats, type TestNatsServer } from '../testing/nats-server.ts'
import { LetterFile, letterFile } from './letter-file.ts'
import { Outbox } from './outbox.ts'

const SUBJECT = 'posts.submitted.askscience'

let nats: TestNatsServer
let connection: NatsConnection
let jsm: JetStreamManager
let dataDir: string
let health: Health
let outboxes: AsyncDisposableStack

beforeAll(async () => {
  nats = await startTestNats()
  connection = await nats.connect()
  jsm = await jetstreamManager(connection)
})

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'gravitas-outbox-'))
  health = new Health()
  outboxes = new AsyncDisposableStack()
  await applyStreams(jsm)
})

afterEach(async () => {
  await outboxes.disposeAsync()
  for (const name of STREAM_NAMES) await jsm.streams.delete(name).catch(() => {})
  await rm(dataDir, { recursive: true })
})

afterAll(async () => {
  await connection.close()
  await nats[Symbol.asyncDispose]()
})

function open(process: 'ingest' | 'scorer', maxBytes?: number): Outbox {
  const logger = createLogger(process, 'silent')
  const retry = { firstMs: 20, maxMs: 50 }
  const shared = { connection, jsm, process, dataDir, health, logger, retry }
  return outboxes.use(new Outbox({ ...shared, ...(maxBytes === undefined ? {} : { maxBytes }) }))
}

const inputs = (count: number, bytes = 1_000): DeadLetter[] =>
  Array.from({ length: count }, (_, position) => {
    const data = Buffer.from(`${position} `.padEnd(bytes, 'x'))
    return letterOfInput('ingest', { origin: 'a', position, reason: 'not JSON', data, headers: {} })
  })

/** Publishes an invalid event. @returns the letter by which the scorer rejects it */
async function rejectedEvent(text: string): Promise<DeadLetter> {
  const { seq: sequence } = await jetstream(connection).publish(SUBJECT, text)
  const digest = digestOf(Buffer.from(text))
  return letterOfEvent('scorer', { stream: POSTS, sequence, subject: SUBJECT, reason: 'not UTF-8 JSON', digest })
}

/** The texts of all letters in DEAD. */
async function sent(): Promise<string[]> {
  const { last_seq: last } = (await jsm.streams.info(DEAD)).state
  const sequences = Array.from({ length: last }, (_, index) => index + 1)
  const messages = await Promise.all(sequences.map((seq) => jsm.streams.getMessage(DEAD, { seq })))
  return messages.map((message) => message!.string().split(' ')[0]!)
}

const limitDead = (maxBytes: number): Promise<unknown> => jsm.streams.update(DEAD, { max_bytes: maxBytes })
const problems = (): unknown[] => health.problems.list.map(({ code, severity }) => [code, severity])
const numbers = (count: number): string[] => Array.from({ length: count }, (_, index) => String(index))

test('letters wait while DEAD is full, a problem says so, and each arrives once when there is room', async () => {
  await limitDead(20_000)
  const outbox = open('ingest')
  outbox.store(inputs(100))
  await vi.waitFor(() => expect(problems()).toEqual([['dead-letters-waiting', 'warning']]))
  const arrived = (await sent()).length
  expect(arrived).toBeGreaterThan(0)
  expect(outbox.waiting).toBe(100 - arrived)
  expect(health.problems.list[0]!.what).toContain(`${outbox.waiting} rejected events wait in ${dataDir}`)
  expect(health.problems.list[0]!.what).toContain('because DEAD is full')
  await limitDead(10_000_000)
  await vi.waitFor(() => expect([outbox.waiting, problems()]).toEqual([0, []]))
  const numbersOf = (texts: string[]): string[] => texts.sort((a, b) => Number(a) - Number(b))
  expect(numbersOf(await sent())).toEqual(numbers(100))
})

test('letters wait while DEAD does not exist', async () => {
  await jsm.streams.delete(DEAD)
  const outbox = open('ingest')
  outbox.store(inputs(3))
  expect(await outbox.flush()).toContain('3 rejected events wait')
  expect(health.problems.list[0]!.what).toContain('because DEAD does not exist')
  await applyStreams(jsm)
  await vi.waitFor(() => expect(problems()).toEqual([]))
  expect((await sent()).sort()).toEqual(numbers(3))
})

test('the next process sends what a killed one had stored, and what it had sent without noting it is stored once', async () => {
  using file = new LetterFile(letterFile(dataDir, 'ingest'))
  file.add(inputs(2))
  open('ingest').start()
  await vi.waitFor(() => expect(file.count()).toBe(0))
  // As after a kill between the answer of DEAD and the removal of the letter.
  file.add(inputs(3))
  await vi.waitFor(() => expect(file.count()).toBe(0))
  expect((await sent()).sort()).toEqual(numbers(3))
})

test('a re-created POSTS gives another letter for the same sequence', async () => {
  const outbox = open('scorer')
  for (const text of ['one', 'two']) {
    await jsm.streams.delete(POSTS)
    await applyStreams(jsm)
    outbox.store([await rejectedEvent(text)])
    await outbox.flush()
  }
  expect(await sent()).toEqual(['one', 'two'])
})

test('the letter of an event is dropped when the log no longer has the event', async () => {
  await limitDead(1)
  const outbox = open('scorer')
  const letters = [await rejectedEvent('one'), await rejectedEvent('two'), await rejectedEvent('three')]
  outbox.store(letters)
  await outbox.flush()
  expect(outbox.waiting).toBe(3)
  await jsm.streams.deleteMessage(POSTS, 2)
  await limitDead(10_000)
  await vi.waitFor(() => expect(outbox.waiting).toBe(0))
  expect((await sent()).sort()).toEqual(['one', 'three'])
})

test('a letter that DEAD refuses at any length does not hold up others, and a long one is cut', async () => {
  await jsm.streams.update(DEAD, { max_msg_size: 2_000 })
  const outbox = open('ingest')
  const [long, short, last] = inputs(3) as [DeadLetter, DeadLetter, DeadLetter]
  const impossible = { ...short, headers: { 'Gravitas-Reason': 'x'.repeat(3_000) } }
  outbox.store([impossible, { ...long, data: Buffer.alloc(5_000, 'y') }, last])
  await vi.waitFor(() => expect(outbox.waiting).toBe(1))
  expect(await outbox.flush()).toMatch(/1 rejected event waits in .* because DEAD refuses it/)
  const texts = await Promise.all([1, 2].map((seq) => jsm.streams.getMessage(DEAD, { seq })))
  const cut = texts.find((message) => message!.header.has('Gravitas-Truncated'))!
  expect([cut.header.get('Gravitas-Truncated'), cut.data.length]).toEqual(['5000 bytes', 1_250])
})

test('an event of nearly the largest size gets a letter, whose data is cut', async () => {
  const outbox = open('scorer')
  outbox.store([await rejectedEvent('x'.repeat(1_000_000))])
  expect(await outbox.flush()).toBeUndefined()
  const letter = await jsm.streams.getMessage(DEAD, { seq: 1 })
  expect([letter!.header.get('Gravitas-Truncated'), letter!.data.length]).toEqual(['1000000 bytes', 900_000])
})

test('when its own file is full as well, letters lose their data, then letters are dropped, and a problem says so', async () => {
  await limitDead(1)
  const outbox = open('ingest', 100_000)
  outbox.store(inputs(1, 60_000))
  outbox.store(inputs(2, 60_000).slice(1))
  expect([outbox.waiting, problems()]).toEqual([2, []])
  const many = inputs(1_000).slice(2)
  outbox.store(many)
  outbox.store(many)
  expect(outbox.waiting).toBe(2)
  expect(health.problems.list[0]).toMatchObject({ code: 'dead-letters-blocked', severity: 'error' })
  expect(health.problems.list[0]!.what).toContain('1996 events that ingest rejected have no dead letter')
  await limitDead(10_000_000)
  await vi.waitFor(() => expect(outbox.waiting).toBe(0))
  outbox.store(inputs(3).slice(2))
  await vi.waitFor(() => expect([outbox.waiting, problems()]).toEqual([0, []]))
  expect((await sent()).sort()).toEqual(['', '0', '2'])
})
