import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { applyStreams } from '../apply-streams.ts'
import { deadSubject } from '../dead-letters.ts'
import { EVENTS, subjectOf } from '../events.ts'
import { DEAD, POSTS } from '../streams.ts'
import { postSubmitted } from '../testing/builders.ts'
import { startTestNats, type TestNatsServer } from '../testing/nats-server.ts'
import { DurablePublisher, type BlockedListener, type OutgoingMessage } from './publish.ts'

let nats: TestNatsServer
let connection: NatsConnection
let jsm: JetStreamManager
let publisher: DurablePublisher

beforeEach(async () => {
  nats = await startTestNats()
  connection = await nats.connect()
  jsm = await jetstreamManager(connection)
  publisher = new DurablePublisher(connection)
  await applyStreams(jsm)
})

afterEach(async () => {
  await connection.close()
  await nats[Symbol.asyncDispose]()
})

const message = (number: number): OutgoingMessage => {
  const id = (36 ** 4 + number).toString(36)
  return {
    subject: subjectOf({ type: 'PostSubmitted', subreddit: 'AskScience' }),
    messageId: EVENTS.PostSubmitted.messageId({ id }),
    payload: JSON.stringify(postSubmitted({ id, title: `größer ${number}` })),
  }
}
const messages = (count: number, from = 0): OutgoingMessage[] =>
  Array.from({ length: count }, (_, index) => message(from + index))
/** Waits until a publisher says why it waits. */
function blockedPublisher() {
  const { promise: blocked, resolve } = Promise.withResolvers<string>()
  const told: (string | undefined)[] = []
  const onBlocked: BlockedListener = (_, problem) => {
    told.push(problem?.code)
    if (problem !== undefined) resolve(problem.what)
  }
  return { publisher: new DurablePublisher(connection, { onBlocked }), blocked, told }
}
const stored = async (stream: string): Promise<number> => (await jsm.streams.info(stream)).state.messages

test('stores a whole batch, with ids and payloads as given', async () => {
  expect(await publisher.publish(messages(1_000))).toMatchObject({ stored: 1_000, duplicates: 0 })
  expect(await publisher.publish(messages(2, 1_000))).toMatchObject({ stored: 2, duplicates: 0 })
  expect(await stored(POSTS)).toBe(1_002)
  const found = await jsm.streams.getMessage(POSTS, { seq: 1_000 })
  expect(found?.header.get('Nats-Msg-Id')).toBe(message(999).messageId)
  expect(found?.string()).toBe(message(999).payload)
})

test('of a batch with an id twice, each id is stored once', async () => {
  expect(await publisher.publish([...messages(10), message(3)])).toMatchObject({ stored: 10, duplicates: 1 })
  expect(await stored(POSTS)).toBe(10)
})

test('of a batch with an id that is already stored, the rest is stored', async () => {
  await publisher.publish(messages(5))
  expect(await publisher.publish(messages(20))).toMatchObject({ stored: 15, duplicates: 5 })
  expect(await stored(POSTS)).toBe(20)
})

test('a server that is killed and restarted has every message once', async () => {
  const batches = Array.from({ length: 40 }, (_, index) => messages(500, index * 500))
  let published = 0
  const work = (async () => {
    for (const batch of batches) {
      const { stored: added, duplicates } = await publisher.publish(batch)
      published += added + duplicates
    }
  })()
  await vi.waitFor(() => expect(published).toBeGreaterThan(3_000), { interval: 1, timeout: 10_000 })
  await nats.kill()
  await nats.restart()
  await work
  expect(published).toBe(20_000)
  expect(await stored(POSTS)).toBe(20_000)
}, 60_000)

test('publishAll stores events whose ids somebody used for other messages', async () => {
  await publisher.publishSingly([{ ...message(1), payload: 'not the post' }])
  await publisher.publishAll(messages(3))
  expect(await stored(POSTS)).toBe(4)
  const found = await jsm.streams.getMessage(POSTS, { seq: 4 })
  expect(found?.string()).toBe(message(1).payload)
})

test('publishSingly takes headers, without line breaks', async () => {
  const dead = { subject: deadSubject('ingest'), messageId: 'dead:1', payload: 'x' }
  await publisher.publishSingly([{ ...dead, headers: { 'Gravitas-Reason': 'two\r\nlines' } }])
  const found = await jsm.streams.getMessage(DEAD, { seq: 1 })
  expect(found?.header.get('Gravitas-Reason')).toBe('two lines')
})

test('a full stream is named, and publishing waits until it has room', async () => {
  await jsm.streams.update(POSTS, { max_bytes: 100_000 })
  const waiting = blockedPublisher()
  const publishing = waiting.publisher.publish(messages(1_000))
  expect(await waiting.blocked).toBe('Stream POSTS has reached its limit and takes no more events.')
  await expect(publisher.publish(messages(2, 1_000))).rejects.toThrow(
    /could not be published: Stream POSTS has reached/,
  )
  await jsm.streams.update(POSTS, { max_bytes: 100_000_000 })
  const outcome = await publishing
  expect(outcome.stored + outcome.duplicates).toBe(1_000)
  expect(await stored(POSTS)).toBe(1_000)
  expect(waiting.told.at(-1)).toBeUndefined()
})
