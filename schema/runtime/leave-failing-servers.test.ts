import { connect, type NatsConnection } from '@nats-io/transport-node'
import { afterEach, expect, test } from 'vitest'
import { startPingServer, type PingServer } from '../testing/ping-server.ts'
import { FailingServers } from './leave-failing-servers.ts'

/** More than the buffers of both sockets take. */
const MUCH_BYTES = 64 * 2 ** 20

/** They answer pings, but no request, as servers do that are cut off from their cluster. */
const startServer = () => startPingServer({ cluster: 'test' })

let connection: NatsConnection
afterEach(() => connection.close())

async function connectTo(servers: readonly PingServer[], pingInterval: number): Promise<void> {
  const failing = new FailingServers(20)
  connection = await connect({
    servers: servers.map(({ address }) => address),
    noRandomize: true,
    pingInterval,
    maxPingOut: 2,
    reconnectTimeWait: 10,
    reconnectToServer: failing.reconnectToServer,
  })
  failing.watch(connection)
}

async function reconnected(): Promise<string> {
  for await (const status of connection.status()) if (status.type === 'reconnect') return status.server
  return 'closed'
}

test('a server that hangs while much is written to it is left for another one', async () => {
  using first = await startServer()
  using second = await startServer()
  await connectTo([first, second], 50)
  first.sockets[0]!.pause()
  const payload = new Uint8Array(2 ** 20 - 1)
  const moved = reconnected()
  for (let sent = 0; sent < MUCH_BYTES; sent += payload.length) connection.publish('x', payload)
  expect(await moved).toBe(second.address)
}, 10_000)

test('an idle connection leaves a server that hangs for another one at once', async () => {
  using first = await startServer()
  using second = await startServer()
  await connectTo([first, second], 20)
  first.sockets[0]!.pause()
  expect(await reconnected()).toBe(second.address)
  expect(first.sockets).toHaveLength(1)
}, 10_000)

test('a server that answers pings but nothing about the log is left for another one', async () => {
  using first = await startServer()
  using second = await startServer()
  await connectTo([first, second], 60_000)
  expect(await reconnected()).toBe(second.address)
  expect(first.sockets).toHaveLength(1)
}, 10_000)
