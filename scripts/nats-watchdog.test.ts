import { expect, test } from 'vitest'
import { createLogger } from '../schema/runtime/logger.ts'
import { NatsWatchdog, type ServerState } from './nats-watchdog.ts'

const WRITE_ERROR = {
  kind: 'unhealthy',
  error: "JetStream stream 'GRAVITAS > POSTS' write error: write 6.blk: no space left on device",
} as const
const OTHER_ERROR = { kind: 'unhealthy', error: 'JetStream is not current' } as const
const MB = 2 ** 20

/** A server whose answers and disk the test chooses. A restart gives it another process id. */
class FakeServer {
  state: ServerState = { kind: 'ok' }
  freeBytes = 0
  restarts = 0
  pid = 1
  readonly watchdog = new NatsWatchdog({
    dataDir: '/nowhere',
    process: this,
    ask: async () => this.state,
    freeBytes: async () => this.freeBytes,
    logger: createLogger('test', 'silent'),
  })

  async restart(): Promise<void> {
    this.restarts++
    this.pid++
  }

  async poll(times: number, state = this.state): Promise<number> {
    this.state = state
    for (let poll = 0; poll < times; poll++) await this.watchdog.poll()
    return this.restarts
  }
}

async function healthyServer(freeBytes = 100 * MB): Promise<FakeServer> {
  const server = new FakeServer()
  server.freeBytes = freeBytes
  await server.poll(1)
  return server
}

test('a server that cannot write is restarted once its disk has room, and not before', async () => {
  const server = await healthyServer(2 * MB)
  expect(await server.poll(1_000, WRITE_ERROR)).toBe(0)
  server.freeBytes = 100 * MB
  expect(await server.poll(1)).toBe(1)
})

test('a server is restarted only if it was healthy since its start, and not twice within half a minute', async () => {
  const server = await healthyServer()
  expect(await server.poll(3, WRITE_ERROR)).toBe(1)
  expect(await server.poll(100, OTHER_ERROR)).toBe(1)
  expect(await server.poll(100, { kind: 'silent' })).toBe(1)
  await server.poll(1, { kind: 'ok' })
  expect(await server.poll(3, WRITE_ERROR)).toBe(2)
  await server.poll(1, { kind: 'ok' })
  expect(await server.poll(10, WRITE_ERROR)).toBe(2)
})

test('another fault, or silence, must last before it leads to a restart', async () => {
  const server = await healthyServer()
  expect(await server.poll(29, OTHER_ERROR)).toBe(0)
  expect(await server.poll(1, { kind: 'ok' })).toBe(0)
  expect(await server.poll(5, { kind: 'silent' })).toBe(0)
  expect(await server.poll(1, { kind: 'ok' })).toBe(0)
  expect(await server.poll(30, OTHER_ERROR)).toBe(1)
  const hung = await healthyServer()
  expect(await hung.poll(6, { kind: 'silent' })).toBe(1)
})

test('a server that stops or starts by itself is left to the supervisor', async () => {
  const server = await healthyServer()
  expect(await server.poll(100, { kind: 'absent' })).toBe(0)
  server.pid++
  expect(await server.poll(100, { kind: 'silent' })).toBe(0)
})
