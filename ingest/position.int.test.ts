import { jetstream, jetstreamManager, type JetStreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { applyStreams } from '../schema/apply-streams.ts'
import { LogMismatchError } from '../schema/runtime/errors.ts'
import { POSTS } from '../schema/streams.ts'
import { startTestNats, type TestNatsServer } from '../schema/testing/nats-server.ts'
import { Positions } from './position.ts'

let nats: TestNatsServer
let connection: NatsConnection
let jsm: JetStreamManager
let discarded: string[]

beforeEach(async () => {
  nats = await startTestNats()
  connection = await nats.connect()
  jsm = await jetstreamManager(connection)
  await applyStreams(jsm)
  await publishPosts(5)
  discarded = []
})

afterEach(async () => {
  await connection.close()
  await nats[Symbol.asyncDispose]()
})

const open = (): Promise<Positions> =>
  Positions.open(connection, (key, reason) => void discarded.push(`${key}: ${reason}`))

async function publishPosts(count: number): Promise<void> {
  for (let n = 0; n < count; n++) await jetstream(connection).publish('posts.submitted.x', 'x')
}

async function recreateLog(): Promise<void> {
  await jsm.streams.delete(POSTS)
  await applyStreams(jsm)
}

test('a position is read while the log is the same, and no longer after the log was re-created', async () => {
  await (await open()).save('reddit.listing', { unread: [1] })
  await publishPosts(1)
  expect(await (await open()).read('reddit.listing')).toEqual({ unread: [1] })
  await recreateLog()
  await publishPosts(10)
  expect(await (await open()).read('reddit.listing')).toBeUndefined()
  expect(discarded).toEqual(['reddit.listing: POSTS was re-created'])
})

test('a position that knows a longer log is not used', async () => {
  await publishPosts(3)
  await (await open()).save('demo', { minute: 7 })
  // The last messages are lost, as after a restore of an older copy.
  const { created } = await jsm.streams.info(POSTS)
  const longer = { log: { created, lastSequence: 9 }, position: { minute: 7 } }
  await jetstream(connection).publish('$KV.source-positions.demo', JSON.stringify(longer))
  expect(await (await open()).read('demo')).toBeUndefined()
  expect(discarded).toEqual(['demo: POSTS went back to an older state: it ends at sequence 8 and had 9'])
})

test('a position of an older version is used unless POSTS was created after it', async () => {
  const positions = await open()
  await jetstream(connection).publish('$KV.source-positions.demo', '{"minute":7,"index":1}')
  expect(await positions.read('demo')).toEqual({ minute: 7, index: 1 })
  await recreateLog()
  expect(await (await open()).read('demo')).toBeUndefined()
})

test('when POSTS is re-created while a source runs, its position is not saved any more', async () => {
  const positions = await open()
  await positions.save('demo', { minute: 7 })
  await recreateLog()
  await expect(positions.save('demo', { minute: 8 })).rejects.toThrow(LogMismatchError)
  expect(await (await open()).read('demo')).toBeUndefined()
})

test('a forgotten position is gone', async () => {
  const positions = await open()
  await positions.save('dump-1', { lines: 7 })
  await positions.forget('dump-1')
  expect(await positions.read('dump-1')).toBeUndefined()
  expect(discarded).toEqual([])
})
