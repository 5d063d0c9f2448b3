import type { Msg, NatsConnection } from '@nats-io/transport-node'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Health, heartbeatSubject, startHeartbeat, type Heartbeat } from './heartbeat.ts'
import { startTestNats, type TestNatsServer } from './testing/nats-server.ts'

let nats: TestNatsServer
let listener: NatsConnection
beforeAll(async () => {
  nats = await startTestNats()
  listener = await nats.connect()
})
afterAll(async () => {
  await listener.close()
  await nats[Symbol.asyncDispose]()
})

/** Listens to the eraser's heartbeats. @returns a function that resolves with the next one */
async function listen(connection: NatsConnection): Promise<() => Promise<Heartbeat>> {
  const messages = connection.subscribe(heartbeatSubject('eraser'))[Symbol.asyncIterator]()
  await connection.flush()
  return async () => JSON.parse(((await messages.next()).value as Msg).string()) as Heartbeat
}

test('a process sends heartbeats at once, regularly and at its end', async () => {
  const next = await listen(listener)
  const connection = await nats.connect()
  const health = new Health()
  const heartbeat = startHeartbeat({ connection, user: 'eraser', name: () => 'eraser', health, intervalMs: 20 })
  const first = await next()
  expect(first).toMatchObject({ name: 'eraser', pid: process.pid, state: 'running', lag: null, problems: [] })
  health.lag = 3
  health.problems.raise({ code: 'source-silent', what: 'Nothing comes.', remedy: 'Wait.' })
  let later = await next()
  while (later.lag === null) later = await next()
  expect(later).toMatchObject({ lag: 3, instance: first.instance, problems: [{ code: 'source-silent' }] })
  await heartbeat[Symbol.asyncDispose]()
  while (later.state === 'running') later = await next()
  expect(later.state).toBe('stopped')
  await connection.close()
})

test('the last heartbeat of a process that fails says why, also if the connection is closed right after it', async () => {
  const next = await listen(listener)
  const connection = await nats.connect()
  const health = new Health()
  const heartbeat = startHeartbeat({ connection, user: 'eraser', name: () => 'eraser', health })
  await next()
  health.failed(new Error('the log is another one'))
  await heartbeat[Symbol.asyncDispose]()
  await connection.close()
  expect(await next()).toMatchObject({ state: 'failed', lastError: { message: 'the log is another one' } })
})

test('a process is heard again at once after the server was away', async () => {
  const connection = await nats.connect()
  const next = await listen(connection)
  const heartbeat = startHeartbeat({
    connection,
    user: 'eraser',
    name: () => 'eraser',
    health: new Health(),
    intervalMs: 60_000,
  })
  await next()
  await nats.restart()
  expect((await next()).state).toBe('running')
  await heartbeat[Symbol.asyncDispose]()
  await connection.close()
})
