import type { Msg } from '@nats-io/transport-node'
import { expect, test } from 'vitest'
import { startTestNats } from '../schema/testing/nats-server.ts'
import { askHealth, untilHealthy } from './server-health.ts'
import { startSecuredNats } from './testing/start-secured-nats.ts'

test('a server tells its health to the user monitor, without a monitoring port', async () => {
  const nats = await startSecuredNats()
  const server = { natsUrl: nats.url, dataDir: nats.dataDir }
  try {
    await untilHealthy(server, { what: 'nats-server', timeoutMs: 20_000 })
  } finally {
    await nats[Symbol.asyncDispose]()
  }
  expect(await askHealth(server)).toEqual({ kind: 'absent' })
})

test('what a server says about a fault is understood', async () => {
  await using nats = await startTestNats()
  const connection = await nats.connect()
  const answer = { data: { status: 'unavailable', status_code: 503, error: 'JetStream stream has a write error' } }
  const callback = (_: unknown, message: Msg): unknown => message.respond(JSON.stringify(answer))
  connection.subscribe('$SYS.REQ.SERVER.PING.HEALTHZ', { callback: (error, message) => void callback(error, message) })
  await connection.flush()
  const health = await askHealth({ natsUrl: nats.url, dataDir: '/nowhere' })
  expect(health).toEqual({ kind: 'unhealthy', error: answer.data.error })
  await connection.close()
})
