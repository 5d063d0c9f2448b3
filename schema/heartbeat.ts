import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import type { NatsConnection } from '@nats-io/transport-node'
import { CurrentProblems, type Problem } from './problems.ts'
import type { NatsUser } from './runtime/nats.ts'

export const HEARTBEAT_INTERVAL_MS = 2_000
const MAX_ERROR_LENGTH = 1_000

/** The subject of the heartbeats of a NATS user's processes, which are sent by core NATS and not stored. */
export const heartbeatSubject = (user: NatsUser | '*'): string => `heartbeats.${user}`

/** The state of a process (JSON), which it sends every two seconds, and a last time when it stops. */
export interface Heartbeat {
  /** The name of the process for people: `projector hourly`, `scorer serious-1`, `ingest reddit`, `eraser`. */
  readonly name: string
  /** A random id, which changes when the process is restarted. */
  readonly instance: string
  readonly host: string
  readonly pid: number
  /** The version of the program. */
  readonly version: string
  /** ISO 8601, UTC. */
  readonly startedAt: string
  /** `stopped`: it was asked to stop. `failed`: it ends because of `lastError`. */
  readonly state: 'running' | 'stopped' | 'failed'
  /** How many events it still has to work on; null where that is not known. */
  readonly lag: number | null
  readonly lastError: { readonly message: string; readonly at: string } | null
  /** The problems that the process itself knows. */
  readonly problems: readonly Problem[]
  /** The id of the file that a projector writes, which tells the projectors of several hosts apart; null for others. */
  readonly fileId: string | null
}

/** The state of this process, which its parts update and its heartbeat carries. */
export class Health {
  readonly problems = new CurrentProblems()
  lag: number | null = null
  fileId: string | null = null
  lastError: Heartbeat['lastError'] = null
  /** Whether the process ends because of `lastError`. */
  hasFailed = false

  /** Records the error that ends this process. Its last heartbeat then says `failed` instead of `stopped`. */
  failed(error: unknown): void {
    this.hasFailed = true
    const message = (error instanceof Error ? error.message : String(error)).slice(0, MAX_ERROR_LENGTH)
    this.lastError = { message, at: new Date().toISOString() }
  }
}

export interface HeartbeatOptions {
  readonly connection: NatsConnection
  readonly user: NatsUser
  /** Returns the name of the process. It is called for each heartbeat, because a scorer knows its scoring model only later. */
  readonly name: () => string
  readonly health: Health
  readonly intervalMs?: number
}

const { version: VERSION } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string
}
const FLUSH_TIMEOUT_MS = 500

/**
 * Sends a heartbeat at once, then regularly, and after each reconnect. Dispose of it before the connection is closed:
 * it sends the last heartbeat then, which says whether the process stopped or failed.
 */
export function startHeartbeat(options: HeartbeatOptions): AsyncDisposable {
  const { connection, user, name, health, intervalMs = HEARTBEAT_INTERVAL_MS } = options
  const identity = {
    instance: randomUUID(),
    host: hostname(),
    pid: process.pid,
    version: VERSION,
    startedAt: new Date().toISOString(),
  }
  const beat = (state: Heartbeat['state']): void => {
    if (connection.isClosed()) return
    const { lag, lastError, problems, fileId } = health
    const heartbeat: Heartbeat = { name: name(), ...identity, state, lag, lastError, problems: problems.list, fileId }
    connection.publish(heartbeatSubject(user), JSON.stringify(heartbeat))
  }
  beat('running')
  let timer = setInterval(() => beat('running'), intervalMs).unref()
  let isDisposed = false
  void followConnection()
  return {
    [Symbol.asyncDispose]: async () => {
      isDisposed = true
      clearInterval(timer)
      beat(health.hasFailed ? 'failed' : 'stopped')
      const timeout = pause(FLUSH_TIMEOUT_MS, undefined, { ref: false })
      await Promise.race([connection.flush().catch(() => {}), timeout])
    },
  }

  /** Pauses heartbeats while there is no connection, because the client would store them and send them late. */
  async function followConnection(): Promise<void> {
    for await (const { type } of connection.status()) {
      if (isDisposed || (type !== 'disconnect' && type !== 'reconnect')) continue
      clearInterval(timer)
      if (type === 'disconnect') continue
      beat('running')
      timer = setInterval(() => beat('running'), intervalMs).unref()
    }
  }
}
