import { jetstream, jetstreamManager, type JetStreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createLogger } from '../../schema/runtime/logger.ts'
import { applyStreams } from '../../schema/apply-streams.ts'
import { POSTS } from '../../schema/streams.ts'
import { startTestNats, type TestNatsServer } from '../../schema/testing/nats-server.ts'
import { StreamFollower } from './stream-follower.ts'

const CONSUMER = 'projector-test'

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

const publish = async (count: number): Promise<void> => {
  for (let index = 0; index < count; index++) await jetstream(connection).publish('posts.submitted.askscience', '{}')
}
const sequences = (follower: StreamFollower) => follower.next().map(({ sequence }) => sequence)
const consumer = () => jsm.consumers.info(POSTS, CONSUMER)

test('received messages are not acknowledged before they are applied, even if the consumer is re-created', async () => {
  await using follower = new StreamFollower({
    connection,
    jsm,
    logger: createLogger('test', 'silent'),
    stream: POSTS,
    filters: undefined,
    consumer: CONSUMER,
    after: 0,
    onMessages: () => {},
    onLost: () => {},
    onIdle: async () => {},
  })
  await publish(5)
  await follower.start()
  await vi.waitFor(() => expect(follower.buffered).toBe(5), { timeout: 10_000 })
  follower.applied(2)
  expect(sequences(follower)).toEqual([3, 4, 5])
  const { created } = await consumer()

  await jsm.consumers.delete(POSTS, CONSUMER)
  await vi.waitFor(async () => expect((await consumer()).created).not.toBe(created), { timeout: 10_000 })
  expect((await consumer()).ack_floor.stream_seq).toBe(2)
  await publish(1)
  await vi.waitFor(() => expect(follower.buffered).toBe(4), { timeout: 10_000 })
  expect(sequences(follower)).toEqual([3, 4, 5, 6])

  follower.applied(6)
  expect(follower.buffered).toBe(0)
  await vi.waitFor(async () => expect((await consumer()).ack_floor.stream_seq).toBe(6), { timeout: 10_000 })
})
