import { jetstream, jetstreamManager, type JetStreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createLogger } from '../../schema/runtime/logger.ts'
import { applyStreams } from '../../schema/apply-streams.ts'
import { POSTS } from '../../schema/streams.ts'
import { startTestNats, type TestNatsServer } from '../../schema/testing/nats-server.ts'
import { StreamFollower, type FollowOptions } from './stream-follower.ts'

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

function follow(options: Partial<FollowOptions> = {}): StreamFollower {
  return new StreamFollower({
    connection,
    jsm,
    logger: createLogger('test', 'silent'),
    stream: POSTS,
    filters: undefined,
    consumer: CONSUMER,
    after: 0,
    erased: { explains: () => false, readNew: async () => {}, unnamed: (_, first, last) => [[first, last]] },
    verify: async () => {},
    onMessages: () => {},
    onLost: () => {},
    onEnd: () => true,
    ...options,
  })
}

test('received messages are not acknowledged before they are applied, even if the consumer is re-created', async () => {
  await using follower = follow()
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

test('the consumer is re-created only after the log was verified', async () => {
  let isVerified = true
  const verify = vi.fn<() => Promise<void>>(async () => {
    if (!isVerified) throw new Error('another log')
  })
  await using follower = follow({ verify })
  await publish(3)
  await follower.start()
  await vi.waitFor(() => expect(follower.buffered).toBe(3), { timeout: 10_000 })
  isVerified = false
  verify.mockClear()
  await jsm.consumers.delete(POSTS, CONSUMER)
  await publish(1)
  await vi.waitFor(() => expect(verify.mock.calls.length).toBeGreaterThan(1), { timeout: 10_000 })
  await expect(consumer()).rejects.toThrow(/not found/)
  expect(follower.buffered).toBe(3)
  isVerified = true
  await vi.waitFor(() => expect(sequences(follower)).toEqual([1, 2, 3, 4]), { timeout: 10_000 })
})

test('messages that come again after they were applied are acknowledged, so that no lag is left', async () => {
  await using follower = follow()
  await publish(3)
  await follower.start()
  await vi.waitFor(() => expect(follower.buffered).toBe(3), { timeout: 10_000 })
  const { created } = await consumer()
  const remove = jsm.consumers.delete.bind(jsm.consumers)
  vi.spyOn(jsm.consumers, 'delete').mockImplementationOnce(async (...args) => {
    follower.applied(3)
    return remove(...args)
  })
  await remove(POSTS, CONSUMER)
  await vi.waitFor(
    async () => {
      const info = await consumer()
      expect(info.created).not.toBe(created)
      expect([info.ack_floor.stream_seq, info.num_ack_pending]).toEqual([3, 0])
    },
    { timeout: 10_000 },
  )
})
