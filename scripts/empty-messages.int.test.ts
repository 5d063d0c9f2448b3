import { AckPolicy, DeliverPolicy, jetstream, jetstreamManager, type JetStreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { scanStream } from '../erasure/scan-stream.ts'
import { applyStreams } from '../schema/apply-streams.ts'
import { BatchPuller } from '../schema/runtime/batch-puller.ts'
import { createLogger } from '../schema/runtime/logger.ts'
import { connectNats, type NatsUser } from '../schema/runtime/nats.ts'
import { POSTS } from '../schema/streams.ts'
import { untilHealthy } from './server-health.ts'
import { startSecuredNats } from './testing/start-secured-nats.ts'

/** In nats-server 2.15, an empty message is the last one that arrives for a request to another account. */
const COUNT = 60
const ALL = Array.from({ length: COUNT }, (_, index) => index + 1)

let nats: Awaited<ReturnType<typeof startSecuredNats>>
const connections: NatsConnection[] = []

async function connect(user: NatsUser): Promise<[NatsConnection, JetStreamManager]> {
  const connection = await connectNats({ url: nats.url, user, name: 'test', dataDir: nats.dataDir })
  connections.push(connection)
  return [connection, await jetstreamManager(connection)]
}

beforeAll(async () => {
  nats = await startSecuredNats()
  await untilHealthy({ natsUrl: nats.url, dataDir: nats.dataDir }, { what: 'nats-server', timeoutMs: 20_000 })
  const [, jsm] = await connect('admin')
  await applyStreams(jsm)
  const [publisher] = await connect('publisher')
  for (const sequence of ALL)
    await jetstream(publisher).publish('posts.submitted.x', sequence % 3 === 0 ? 'a post' : '')
}, 30_000)

afterAll(async () => {
  await Promise.all(connections.map((connection) => connection.close()))
  await nats[Symbol.asyncDispose]()
})

/** Pulls until everything has arrived. @returns how many messages arrived, and how often the consumer was opened */
async function follow(user: 'projector' | 'scorer', isShared: boolean): Promise<{ received: number; opened: number }> {
  const [connection, jsm] = await connect(user)
  const received = new Set<number>()
  let last = 0
  let opened = 0
  const open = async () => {
    opened++
    const common = { durable_name: user, ack_policy: AckPolicy.Explicit, ack_wait: 500_000_000 }
    const start = { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: last + 1 }
    if (!isShared) await jsm.consumers.delete(POSTS, user).catch(() => {})
    const info = await jsm.consumers.add(POSTS, isShared ? common : { ...common, ...start })
    return jetstream(connection).consumers.getConsumerFromInfo(info)
  }
  await using puller = new BatchPuller({
    open,
    read: (message) => message,
    onMessages: (messages) => {
      for (const message of messages) {
        message.ack()
        received.add(message.seq)
        last = message.seq
      }
    },
    maxMessages: 1_000,
    maxWaitMs: 100,
    isShared,
    logger: createLogger('test', 'silent'),
  })
  await puller.start()
  await vi.waitUntil(() => received.size === COUNT, { timeout: 4_000 })
  return { received: received.size, opened }
}

test('a process with a consumer of its own gets the messages after an empty one, with one new consumer for many', async () => {
  // The first empty message takes others of its pull with it. After it, messages are pulled one at a time.
  expect(await follow('projector', false)).toEqual({ received: COUNT, opened: 2 })
})

test('processes that share a consumer get the messages after an empty one', async () => {
  expect(await follow('scorer', true)).toEqual({ received: COUNT, opened: 1 })
})

test('a scan reads the messages after an empty one', async () => {
  const [connection, jsm] = await connect('eraser')
  const read: number[] = []
  await scanStream({ connection, jsm, stream: POSTS, start: { after: 0 }, onMessage: ({ seq }) => void read.push(seq) })
  expect(read).toEqual(ALL)
}, 10_000)
