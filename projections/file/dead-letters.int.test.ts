import { jetstream, jetstreamManager, type JetStreamManager } from '@nats-io/jetstream'
import { nanos, type NatsConnection } from '@nats-io/transport-node'
import { setTimeout } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { applyStreams } from '../../schema/apply-streams.ts'
import { Health } from '../../schema/heartbeat.ts'
import { encodeEvent } from '../../schema/events.ts'
import { DEAD, POSTS } from '../../schema/streams.ts'
import { postSubmitted } from '../../schema/testing/builders.ts'
import { startTestNats, type TestNatsServer } from '../../schema/testing/nats-server.ts'
import { BatchWriter } from './batch-writer.ts'
import { Checkpoints } from './checkpoint.ts'
import { DeadLetterOutbox } from './dead-letters.ts'
import { projections } from '../testing/all-projections.ts'
import { TestReadModel } from '../testing/replay.ts'

const SUBJECT = 'posts.submitted.askscience'

let nats: TestNatsServer
let connection: NatsConnection
let jsm: JetStreamManager
let model: TestReadModel
let outbox: DeadLetterOutbox
let dropped: number
let health: Health
const models: TestReadModel[] = []

beforeEach(async () => {
  nats = await startTestNats()
  connection = await nats.connect()
  jsm = await jetstreamManager(connection, { timeout: 500 })
  await applyStreams(jsm)
  dropped = 0
  health = new Health()
  ;[model, outbox] = await openHost()
})

afterEach(async () => {
  for (const one of models.splice(0)) one[Symbol.dispose]()
  await connection.close()
  await nats[Symbol.asyncDispose]()
})

/** An empty read model, as of another host or at the beginning of a rebuild. */
async function openHost(): Promise<[TestReadModel, DeadLetterOutbox]> {
  const opened = new TestReadModel(projections.posts)
  models.push(opened)
  const { created: streamCreated } = await jsm.streams.info(POSTS)
  new Checkpoints(opened.database).write(POSTS, { sequence: 0, streamCreated, digest: null })
  const onDropped = (): void => void dropped++
  const { database } = opened
  return [opened, new DeadLetterOutbox({ database, connection, jsm, projection: projections.posts, health, onDropped })]
}

/** Publishes an invalid event and applies it as the projector does. */
async function reject(text: string): Promise<number> {
  const { seq: sequence } = await jetstream(connection).publish(SUBJECT, text)
  apply(sequence, text)
  return sequence
}

function apply(sequence: number, text: string, to = model): void {
  const streamCreated = new Checkpoints(to.database).read(POSTS)!.streamCreated
  const message = {
    stream: POSTS,
    sequence,
    subject: SUBJECT,
    data: Buffer.from(text),
    storedAtMs: Date.now(),
  } as const
  new BatchWriter(to.database, projections.posts).write([{ stream: POSTS, streamCreated, messages: [message] }])
}

/** The texts in DEAD, in the order in which they came. */
async function sent(): Promise<string[]> {
  const { last_seq: last } = (await jsm.streams.info(DEAD)).state
  const messages = await Promise.all(
    Array.from({ length: last }, (_, index) => jsm.streams.getMessage(DEAD, { seq: index + 1 })),
  )
  return messages.map((message) => message!.string())
}

const waiting = (): unknown[] =>
  model.database.prepare('SELECT sequence FROM dead_letters ORDER BY sequence').pluck().all()
const lastLetter = async (): Promise<number> => (await jsm.streams.info(DEAD)).state.last_seq

async function untilReconnected(): Promise<void> {
  for await (const { type } of connection.status()) if (type === 'reconnect') return
}

test('an event that the log still holds is sent, a deleted one is not', async () => {
  await reject('one')
  await jsm.streams.deleteMessage(POSTS, await reject('two'))
  await reject('three')
  await outbox.drain()
  expect(await sent()).toEqual(['one', 'three'])
  expect([waiting(), dropped]).toEqual([[], 1])
})

test('the letter of an erased event is dropped, also while DEAD takes no letters', async () => {
  await reject('one')
  const erased = await reject('two')
  await jsm.streams.delete(DEAD)
  await expect(outbox.drain()).rejects.toThrow('stream not found')
  model.database.prepare('UPDATE dead_letters SET is_erased = 1 WHERE sequence = ?').run(erased)
  await expect(outbox.drain()).rejects.toThrow('stream not found')
  expect([waiting(), dropped]).toEqual([[1], 1])
})

test('a letter waits while the log does not answer', async () => {
  const sequence = await reject('one')
  await nats.kill()
  await expect(outbox.drain()).rejects.toThrow(/./)
  expect(waiting()).toEqual([sequence])
  expect(health.problems.list).toMatchObject([{ code: 'dead-letters-waiting', severity: 'warning' }])
  expect(health.problems.list[0]!.what).toContain(`1 rejected event waits in ${model.database.name}`)
  const reconnected = untilReconnected()
  await nats.restart()
  await reconnected
  await outbox.drain()
  expect([waiting(), await lastLetter(), dropped, health.problems.list]).toEqual([[], 1, 0, []])
})

test('a valid event is not sent, which a re-created stream may hold at the sequence', async () => {
  await reject('one')
  await jsm.streams.delete(POSTS)
  await applyStreams(jsm)
  await jetstream(connection).publish(SUBJECT, encodeEvent(postSubmitted()))
  await outbox.drain()
  expect([waiting(), await lastLetter()]).toEqual([[], 0])
})

test('the file holds nothing of a rejected event, which is read from the log when its letter is sent', async () => {
  await reject('a secret text')
  expect(model.database.prepare('SELECT * FROM dead_letters').all()).toEqual([
    { stream: POSTS, sequence: 1, is_erased: 0 },
  ])
  await outbox.drain()
  const letter = await jsm.streams.getMessage(DEAD, { seq: 1 })
  expect([letter!.string(), letter!.header.get('Gravitas-Reason')]).toEqual(['a secret text', 'not UTF-8 JSON'])
})

/** As after a day, or a restart of the server after DEAD was emptied: no message id is known any more. */
const forgetMessageIds = (): Promise<unknown> => jsm.streams.update(DEAD, { duplicate_window: nanos(100) })

test('an event gets one letter from all hosts, also when another one is behind, and from a rebuild', async () => {
  await forgetMessageIds()
  const texts = ['one', 'two', 'three', 'four']
  const [other, outboxOfOther] = await openHost()
  for (const text of texts.slice(0, 3)) await reject(text)
  apply(1, 'one', other)
  await Promise.all([outbox.drain(), outboxOfOther.drain()])
  for (const at of [2, 3]) apply(at, texts[at - 1]!, other)
  await setTimeout(150)
  await outboxOfOther.drain()
  await reject('four')
  await outbox.drain()
  const [rebuilt, outboxOfRebuilt] = await openHost()
  for (const [index, text] of texts.entries()) apply(index + 1, text, rebuilt)
  await outboxOfRebuilt.drain()
  expect(await sent()).toEqual(texts)
})

test('a letter that another program sends under the same subject does not stop or replace those that follow', async () => {
  await reject('one')
  await outbox.drain()
  await jetstream(connection).publish('dead.posts', 'foreign')
  await reject('two')
  await outbox.drain()
  expect(await sent()).toEqual(['one', 'foreign', 'two'])
})
