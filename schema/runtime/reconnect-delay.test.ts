import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { connect } from '@nats-io/transport-node'
import { afterEach, expect, test, vi } from 'vitest'
import { reconnectDelay } from './reconnect-delay.ts'

const INFO = { version: '2.15.1', proto: 1, headers: true, max_payload: 2 ** 20 }

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
  const sockets: Socket[] = []
  const server = createServer((socket) => {
    sockets.push(socket)
    socket.on('error', () => {})
    socket.on('data', (data) => void (data.includes('PING') && socket.write('PONG\r\n')))
    socket.write(`INFO ${JSON.stringify(INFO)}\r\n`)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const connection = await connect({
    servers: `127.0.0.1:${port}`,
    maxReconnectAttempts: -1,
    reconnectDelayHandler: reconnectDelay(10),
  })
  const realNow = Date.now
  vi.spyOn(Date, 'now').mockImplementation(() => realNow() - 86_400_000)
  const reconnected = once(server, 'connection')
  sockets[0]!.destroy()
  await reconnected
  expect(sockets).toHaveLength(2)
  await connection.close()
  server.close()
})
