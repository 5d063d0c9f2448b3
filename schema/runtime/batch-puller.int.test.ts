import { AckPolicy, jetstream, jetstreamManager, type JsMsg } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { startTestNats, type TestNatsServer } from '../testing/nats-server.ts'
import { BatchPuller } from './batch-puller.ts'
import { createLogger } from './logger.ts'
import { DurablePublisher } from './publish.ts'

const STREAM = 'NUMBERS'
const MAX_MESSAGES = 1_000
let nats: TestNatsServer
let connection: NatsConnection
let received: { sequence: number; size: number }[]

beforeEach(async () => {
  nats = await startTestNats()
  connection = await nats.connect()
  const jsm = await jetstreamManager(connection)
  await jsm.streams.add({ name: STREAM, subjects: ['numbers'], allow_atomic: true })
  received = []
})

afterEach(async () => {
  await connection.close()
  await nats[Symbol.asyncDispose]()
})

async function startPuller(
  onMessages: (messages: JsMsg[]) => Promise<void> | void = () => {},
): Promise<BatchPuller<JsMsg>> {
  const puller = new BatchPuller({
    open: async () => {
      const jsm = await jetstreamManager(connection)
      const config = { durable_name: 'puller', ack_policy: AckPolicy.Explicit, max_ack_pending: 20_000 }
      return jetstream(connection).consumers.getConsumerFromInfo(await jsm.consumers.add(STREAM, config))
    },
    read: (message) => message,
    onMessages: async (messages) => {
      await onMessages(messages)
      for (const message of messages) {
        received.push({ sequence: message.seq, size: messages.length })
        message.ack()
      }
    },
    maxMessages: MAX_MESSAGES,
    maxWaitMs: 100,
    isShared: true,
    logger: createLogger('test', 'silent'),
  })
  await puller.start()
  return puller
}

async function publish(count: number): Promise<void> {
  const publisher = new DurablePublisher(connection)
  for (let left = count; left > 0; left -= MAX_MESSAGES) {
    const messages = Array.from({ length: Math.min(left, MAX_MESSAGES) }, () => ({
      subject: 'numbers',
      messageId: crypto.randomUUID(),
      payload: 'x',
    }))
    await publisher.publish(messages)
  }
}

const sequences = (): number[] => received.map(({ sequence }) => sequence)
const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1)

test('a lone message comes alone, thousands come in few batches, each once and in order', async () => {
  await using _puller = await startPuller()
  await publish(1)
  await vi.waitFor(() => expect(received).toEqual([{ sequence: 1, size: 1 }]))
  await publish(20_000)
  await vi.waitFor(() => expect(received.length).toBe(20_001), { timeout: 20_000 })
  expect(sequences()).toEqual(upTo(20_001))
  expect(Math.max(...received.map(({ size }) => size))).toBeLessThanOrEqual(MAX_MESSAGES)
  const batches = received.reduce((sum, { size }) => sum + 1 / size, 0)
  expect(batches).toBeLessThan(300)
})

test('continues after the server was killed, and after its consumer was deleted', async () => {
  await using _puller = await startPuller()
  await publish(5)
  await vi.waitFor(() => expect(received.length).toBe(5))
  await nats.kill()
  await nats.restart()
  await publish(5)
  await vi.waitFor(() => expect(new Set(sequences()).size).toBe(10), { timeout: 20_000 })
  await (await jetstreamManager(connection)).consumers.delete(STREAM, 'puller')
  await publish(5)
  await vi.waitFor(() => expect(new Set(sequences()).size).toBe(15), { timeout: 20_000 })
})

test('messages are requested again after their handler failed', async () => {
  let failures = 0
  await using _puller = await startPuller((messages) => {
    if (failures++ > 0) return
    for (const message of messages) message.nak(200)
    throw new Error('not now')
  })
  await publish(3)
  await vi.waitFor(() => expect(sequences()).toEqual([1, 2, 3]), { timeout: 20_000 })
  expect(failures).toBeGreaterThan(1)
})

test('returns messages that it pulled ahead when it stops', async () => {
  const gate = Promise.withResolvers<void>()
  const puller = await startPuller(() => gate.promise)
  await publish(5_000)
  await vi.waitFor(async () => {
    const jsm = await jetstreamManager(connection)
    expect((await jsm.consumers.info(STREAM, 'puller')).num_ack_pending).toBeGreaterThan(0)
  })
  const stopped = puller[Symbol.asyncDispose]()
  gate.resolve()
  await stopped
  await using _next = await startPuller()
  await vi.waitFor(() => expect(new Set(sequences()).size).toBe(5_000), { timeout: 20_000 })
})
