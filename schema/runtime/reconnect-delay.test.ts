import { once } from 'node:events'
import { connect } from '@nats-io/transport-node'
import { afterEach, expect, test, vi } from 'vitest'
import { startPingServer } from '../testing/ping-server.ts'
import { reconnectDelay } from './reconnect-delay.ts'

afterEach(() => vi.restoreAllMocks())

test('an attempt is due at once, and the next one after the pause', () => {
  let now = 0
  const delay = reconnectDelay(250, () => now)
  expect(delay()).toBe(Number.NEGATIVE_INFINITY)
  now = 100
  expect(delay()).toBe(150)
  now = 250
  expect(delay()).toBe(Number.NEGATIVE_INFINITY)
  expect(delay()).toBe(250)
})

test('a client connects again after the clock was set back by a day', async () => {
  using fake = await startPingServer()
  const connection = await connect({
    servers: fake.address,
    maxReconnectAttempts: -1,
    reconnectDelayHandler: reconnectDelay(10),
  })
  const realNow = Date.now
  vi.spyOn(Date, 'now').mockImplementation(() => realNow() - 86_400_000)
  const reconnected = once(fake.server, 'connection')
  fake.sockets[0]!.destroy()
  await reconnected
  expect(fake.sockets).toHaveLength(2)
  await connection.close()
})
