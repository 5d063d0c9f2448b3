import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { connect, type ConnectionOptions, type NatsConnection } from '@nats-io/transport-node'
import { OperationalError } from './errors.ts'
import type { Logger } from './logger.ts'

/** The NATS users. Each kind of process has its own, with only the subjects that it needs (see nats.conf). */
export const NATS_USERS = ['admin', 'ingest', 'scorer', 'projector', 'gateway', 'status', 'eraser'] as const
export type NatsUser = (typeof NATS_USERS)[number]

const WAITING_INTERVAL_MS = 5_000

/** The file with a user's password, which is created by the first start. */
export const secretFile = (dataDir: string, user: NatsUser): string => join(dataDir, 'secrets', user)

/** A server, and the user to connect as. */
export interface ServerAddress {
  readonly url: string
  readonly user: NatsUser
  /** The folder that holds the secrets. */
  readonly dataDir: string
}

/**
 * Connects as one of Gravitas's users, and keeps reconnecting without a limit. Credentials in the URL win over the
 * secrets under `dataDir`; without either the connection is anonymous.
 */
export async function connectNats(
  options: ServerAddress & { readonly name: string; readonly logger?: Logger },
): Promise<NatsConnection> {
  const { url, user, name, logger } = options
  const server = new URL(url).host
  const waiting = setInterval(() => logger?.warn({ server }, 'waiting for NATS'), WAITING_INTERVAL_MS)
  try {
    const connection = await connect({
      ...serverOptions(options),
      name,
      inboxPrefix: `_INBOX_${user}`,
      maxReconnectAttempts: -1,
      waitOnFirstConnect: true,
      reconnectTimeWait: 250,
      ignoreAuthErrorAbort: true,
      timeout: 5_000,
    })
    if (logger !== undefined) void logStatus(connection, logger)
    return connection
  } catch (cause) {
    throw new OperationalError(`Cannot connect to NATS at ${url}: ${(cause as Error).message}`, { cause })
  } finally {
    clearInterval(waiting)
  }
}

/** Options to connect to a server: with the credentials of the URL, else the secret in the data folder, else none. */
export function serverOptions({ url, user, dataDir }: ServerAddress): ConnectionOptions {
  const { username, password, host, protocol } = new URL(url)
  // An empty object requires TLS: a server without TLS must not get the password.
  const servers = { servers: host, ...(protocol === 'tls:' ? { tls: {} } : {}) }
  if (username !== '') return { ...servers, user: decodeURIComponent(username), pass: decodeURIComponent(password) }
  const file = secretFile(dataDir, user)
  if (!existsSync(file)) return servers
  return { ...servers, user, pass: readFileSync(file, 'utf8').trim() }
}

async function logStatus(connection: NatsConnection, logger: Logger): Promise<void> {
  for await (const status of connection.status()) {
    if (status.type === 'disconnect') logger.warn('disconnected from NATS, reconnecting')
    else if (status.type === 'reconnect') logger.info('reconnected to NATS')
    else if (status.type === 'error') logger.warn({ err: status.error }, 'NATS error')
  }
}
