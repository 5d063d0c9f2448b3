import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { connect, nkeyAuthenticator, type ConnectionOptions, type NatsConnection } from '@nats-io/transport-node'
import { checkServer } from './check-server.ts'
import { OperationalError } from './errors.ts'
import { FailingServers } from './leave-failing-servers.ts'
import type { Logger } from './logger.ts'
import { describeServers, parseServers } from './nats-servers.ts'
import { withoutNewPlainText } from './plain-text.ts'
import { reconnectDelay } from './reconnect-delay.ts'

/** The NATS users. Each kind of process has its own, with an account that has only what it needs (see nats.conf). */
export const NATS_USERS = [
  'admin',
  'monitor',
  'ingest',
  'scorer',
  'projector',
  'gateway',
  'eraser',
  'promoter',
  'status',
  'publisher',
] as const
export type NatsUser = (typeof NATS_USERS)[number]

/** The users whose password stands in a context file, for tools that cannot sign with a key. The others have nkeys. */
export const WITH_PASSWORD: ReadonlySet<NatsUser> = new Set(['admin', 'publisher'])

const WAITING_INTERVAL_MS = 5_000
const RECONNECT_WAIT_MS = 250
/**
 * A server that leaves two pings unanswered hangs, or the network to it is cut. The client then moves to another server,
 * which takes 10 to 15 seconds. A server that is merely busy still answers pings, because each connection has its own
 * thread. Tests set a shorter interval.
 */
export const PINGS = { pingInterval: 5_000, maxPingOut: 2 }

/** The file with a user's secret, which is created by the first start: the seed of a key, or a password. */
export const secretFile = (dataDir: string, user: NatsUser): string => join(dataDir, 'secrets', user)

/** A server or several, and the user to connect as. */
export interface ServerAddress {
  /** One URL, or several separated by commas. */
  readonly url: string
  readonly user: NatsUser
  /** The folder that holds the secrets. */
  readonly dataDir: string
}

/**
 * Connects as one of Gravitas's users, and keeps reconnecting without a limit, to whichever server answers. Credentials
 * in the URL win over the secrets under `dataDir`; without either the connection is anonymous.
 * @throws OperationalError when the credentials are refused, or the server lacks what Gravitas needs
 */
export async function connectNats(
  options: ServerAddress & { readonly name: string; readonly logger?: Logger },
): Promise<NatsConnection> {
  const { url, user, name, logger } = options
  const server = describeServers(url)
  const failing = new FailingServers()
  const waiting = setInterval(() => logger?.warn({ server }, 'waiting for NATS'), WAITING_INTERVAL_MS)
  try {
    const connection = await connect({
      ...serverOptions(options),
      ...PINGS,
      reconnectToServer: withoutNewPlainText(parseServers(url), failing.reconnectToServer),
      name,
      inboxPrefix: `_INBOX_${user}`,
      maxReconnectAttempts: -1,
      waitOnFirstConnect: true,
      reconnectDelayHandler: reconnectDelay(RECONNECT_WAIT_MS),
      ignoreAuthErrorAbort: true,
      timeout: 5_000,
    })
    await checkServer(connection)
    failing.watch(connection)
    if (logger !== undefined) void logStatus(connection, logger)
    return connection
  } catch (cause) {
    if (cause instanceof OperationalError) throw cause
    throw new OperationalError(`Cannot connect to NATS at ${server}: ${(cause as Error).message}`, { cause })
  } finally {
    clearInterval(waiting)
  }
}

/** Options to connect to the servers: with the credentials of the URL, else the secret in the data folder, else none. */
export function serverOptions({ url, user, dataDir }: ServerAddress): ConnectionOptions {
  const { hosts, protocol, credentials } = parseServers(url)
  // An empty object requires TLS: a server without TLS must not get the password.
  const servers = { servers: [...hosts], ...(protocol === 'tls:' ? { tls: {} } : {}) }
  if (credentials !== undefined) return { ...servers, user: credentials.user, pass: credentials.password }
  const file = secretFile(dataDir, user)
  if (!existsSync(file)) return servers
  const secret = readFileSync(file, 'utf8').trim()
  return isSeed(secret)
    ? { ...servers, authenticator: nkeyAuthenticator(Buffer.from(secret)) }
    : { ...servers, user, pass: secret }
}

/** Whether a secret is the seed of a user's key (nkey) and not a password. */
export const isSeed = (secret: string): boolean => /^SU[A-Z2-7]{56}$/.test(secret)

async function logStatus(connection: NatsConnection, logger: Logger): Promise<void> {
  for await (const status of connection.status()) {
    if (status.type === 'disconnect') logger.warn({ server: status.server }, 'disconnected from NATS, reconnecting')
    else if (status.type === 'reconnect') logger.info({ server: status.server }, 'reconnected to NATS')
    else if (status.type === 'staleConnection') logger.warn('the NATS server does not answer pings')
    else if (status.type === 'error') logger.warn({ err: status.error }, 'NATS error')
  }
}
