import { once } from 'node:events'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'

/** A server that speaks just enough of the NATS protocol for a client to stay connected: it answers pings and nothing else. */
export interface PingServer extends Disposable {
  /** Host and port. */
  readonly address: string
  readonly server: Server
  /** The connections of clients so far, oldest first. */
  readonly sockets: readonly Socket[]
}

/** @param more fields of the server's INFO message besides those that a client needs */
export async function startPingServer(more: object = {}): Promise<PingServer> {
  const info = { version: '2.15.1', proto: 1, headers: true, max_payload: 2 ** 20, ...more }
  const sockets: Socket[] = []
  const server = createServer((socket) => {
    sockets.push(socket)
    socket.on('error', () => {})
    socket.on('data', (data) => void (data.includes('PING') && socket.write('PONG\r\n')))
    socket.write(`INFO ${JSON.stringify(info)}\r\n`)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    server,
    sockets,
    [Symbol.dispose]: () => {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}
