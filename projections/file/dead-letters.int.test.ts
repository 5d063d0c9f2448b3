import { jetstream, jetstreamManager, type JetStreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { applyStreams } from '../../schema/apply-streams.ts'
import { Health } from '../../schema/heartbeat.ts'
import { DEAD, POSTS } from '../../schema/streams.ts'
import { startTestNats, type TestNatsServer } from '../../schema/testing/nats-server.ts'
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

beforeEach(async () => {
  nats = await startTestNats()
  connection = await nats.connect()
  jsm = await jetstreamManager(connection, { timeout: 500 })
  await applyStreams(jsm)
  model = new TestReadModel(projections.posts)
  dropped = 0
  health = new Health()
  const onDropped = (): void => void dropped++
  outbox = new DeadLetterOutbox({ database: model.database, connection, jsm, process: 'posts', health, onDropped })
})

afterEach(async () => {
  model[Symbol.dispose]()
  await connection.close()
  await nats[Symbol.asyncDispose]()
})

/** Publishes an invalid event and applies it as the projector does. */
async function reject(text: string): Promise<number> {
  const { seq: sequence } = await jetstream(connection).publish(SUBJECT, text)
  model.write([{ stream: POSTS, sequence, subject: SUBJECT, data: Buffer.from(text), storedAtMs: Date.now() }])
  return sequence
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
  const letters = await Promise.all([1, 2].map((seq) => jsm.streams.getMessage(DEAD, { seq })))
  expect(letters.map((letter) => letter!.string()).sort()).toEqual(['one', 'three'])
  expect(await lastLetter()).toBe(2)
  expect([waiting(), dropped]).toEqual([[], 1])
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

test('nothing is sent after the stream was re-created, because it holds another event at the sequence', async () => {
  await reject('one')
  await jsm.streams.delete(POSTS)
  await applyStreams(jsm)
  await jetstream(connection).publish(SUBJECT, 'another')
  await outbox.drain()
  expect([waiting(), await lastLetter(), dropped]).toEqual([[], 0, 1])
})

test('the file holds no text of a rejected event, which is read from the log when its letter is sent', async () => {
  await reject('a secret text')
  const rows = JSON.stringify(model.database.prepare('SELECT CAST(data AS TEXT), reason FROM dead_letters').all())
  expect(rows).not.toContain('secret')
  await outbox.drain()
  const letter = await jsm.streams.getMessage(DEAD, { seq: 1 })
  expect(letter!.string()).toBe('a secret text')
})
