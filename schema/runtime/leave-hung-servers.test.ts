import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { connect } from '@nats-io/transport-node'
import { expect, test } from 'vitest'
import { leaveHungServers } from './leave-hung-servers.ts'

const INFO = { server_id: 'x', version: '2.15.1', proto: 1, headers: true, max_payload: 2 ** 20 }
/** More than the buffers of both sockets take. */
const MUCH_BYTES = 64 * 2 ** 20

test('a server that hangs while much is written to it is left', async () => {
  const sockets: Socket[] = []
  const server = createServer((socket) => {
    sockets.push(socket)
    socket.on('error', () => {})
    socket.on('data', (data) => void (data.includes('PING') && socket.write('PONG\r\n')))
    socket.write(`INFO ${JSON.stringify(INFO)}\r\n`)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const port = (server.address() as AddressInfo).port
  const pings = { pingInterval: 50, maxPingOut: 2 }
  const connection = await connect({ servers: `127.0.0.1:${port}`, ...pings, reconnectTimeWait: 10 })
  leaveHungServers(connection)

  sockets[0]!.pause()
  const payload = new Uint8Array(2 ** 20 - 1)
  for (let sent = 0; sent < MUCH_BYTES; sent += payload.length) connection.publish('x', payload)
  for await (const { type } of connection.status()) if (type === 'reconnect') break

  expect(sockets).toHaveLength(2)
  await connection.close()
  for (const socket of sockets) socket.destroy()
  server.close()
}, 10_000)
