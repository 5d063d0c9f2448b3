import { setTimeout as pause } from 'node:timers/promises'
import { connect, errors, type NatsConnection } from '@nats-io/transport-node'
import { OperationalError } from '../schema/runtime/errors.ts'
import { serverOptions } from '../schema/runtime/nats.ts'
import type { ServerState } from './nats-watchdog.ts'
import type { WaitOptions } from './until-answers.ts'

const ANSWER_TIMEOUT_MS = 4_000
const POLL_MS = 50
/** The pause after an answer that says that the server is not ready, which it also writes to its log. */
const POLL_UNHEALTHY_MS = 500
const REQUEST = '$SYS.REQ.SERVER.PING.HEALTHZ'

/** Where an own nats-server listens, and the folder with the secret of the user `monitor`. */
export interface OwnServer {
  readonly natsUrl: string
  readonly dataDir: string
}

interface Answer {
  readonly data?: { readonly status_code?: number; readonly error?: string }
}

/**
 * Asks nats-server for its health, as a user of its system account, so that no monitoring port has to be open. Each call
 * makes a connection of its own: an old connection would say less about a server that was restarted.
 */
export async function askHealth({ natsUrl: url, dataDir }: OwnServer): Promise<ServerState> {
  let connection: NatsConnection | undefined
  try {
    connection = await connect({
      ...serverOptions({ url, user: 'monitor', dataDir }),
      name: 'monitor',
      inboxPrefix: '_INBOX_monitor',
      reconnect: false,
      timeout: ANSWER_TIMEOUT_MS,
    })
    const reply = await connection.request(REQUEST, '', { timeout: ANSWER_TIMEOUT_MS })
    const { status_code: status, error = 'unknown' } = reply.json<Answer>().data ?? {}
    return status === 200 ? { kind: 'ok' } : { kind: 'unhealthy', error }
  } catch (error) {
    return { kind: isTimeout(error) ? 'silent' : 'absent' }
  } finally {
    // A server that hangs would not answer the last flush of an orderly close.
    void connection?.close()
  }
}

const isTimeout = (error: unknown): boolean =>
  error instanceof errors.TimeoutError || (error instanceof Error && error.cause instanceof errors.TimeoutError)

/** Resolves when the server is healthy. @throws OperationalError when it does not become healthy in time */
export async function untilHealthy(server: OwnServer, { what, timeoutMs }: WaitOptions): Promise<void> {
  const deadline = performance.now() + timeoutMs
  while (performance.now() < deadline) {
    const { kind } = await askHealth(server)
    if (kind === 'ok') return
    await pause(kind === 'absent' ? POLL_MS : POLL_UNHEALTHY_MS)
  }
  throw new OperationalError(`${what} did not answer within ${timeoutMs / 1_000} s.`)
}
