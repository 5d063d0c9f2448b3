import { AckPolicy, jetstream, jetstreamManager, type JetStreamManager, type JsMsg } from '@nats-io/jetstream'
import { nanos, type NatsConnection } from '@nats-io/transport-node'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { applyStreams } from '../schema/apply-streams.ts'
import { scorerConsumer } from '../schema/scoring-models.ts'
import { POSTS } from '../schema/streams.ts'
import { startTestNats, type TestNatsServer } from '../schema/testing/nats-server.ts'
import { untilScorersAreDone } from './scorers-at-work.ts'

let nats: TestNatsServer
let connection: NatsConnection
let jsm: JetStreamManager

async function connect(): Promise<void> {
  connection = await nats.connect()
  jsm = await jetstreamManager(connection)
}

beforeEach(async () => {
  nats = await startTestNats()
  await connect()
  await applyStreams(jsm)
})

afterEach(async () => {
  await connection.close()
  await nats[Symbol.asyncDispose]()
})

/** Receives post 1 as a scorer does, and does not acknowledge it. */
async function takePost(ackWaitMs: number): Promise<JsMsg> {
  await jetstream(connection).publish('posts.submitted.askscience', '{}')
  const durable_name = scorerConsumer('serious-1')
  await jsm.consumers.add(POSTS, { durable_name, ack_policy: AckPolicy.Explicit, ack_wait: nanos(ackWaitMs) })
  const consumer = await jetstream(connection).consumers.get(POSTS, durable_name)
  return (await consumer.next())!
}

test('waits for a scorer that is working on the post, though it requests no more posts meanwhile', async () => {
  const message = await takePost(60_000)
  const waiting = untilScorersAreDone(jsm, [1])
  const first = await Promise.race([waiting, jsm.consumers.info(POSTS, scorerConsumer('serious-1'))])
  expect(first).toMatchObject({ num_waiting: 0, num_ack_pending: 1 })
  message.ack()
  expect(await waiting).toBe(true)
})

test('does not wait for a scorer that requests nothing and has kept the post for too long', async () => {
  await takePost(1)
  expect(await untilScorersAreDone(jsm, [1])).toBe(true)
})

test('does not wait for a scorer that took the post before a restart of the server', async () => {
  await takePost(60_000)
  await connection.close()
  await nats.restart()
  await connect()
  expect(await untilScorersAreDone(jsm, [1])).toBe(true)
})
