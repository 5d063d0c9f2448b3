import { CurrentProblems, type Problem } from './problems.ts'
import type { NatsUser } from './runtime/nats.ts'

export const HEARTBEAT_INTERVAL_MS = 2_000

/** The subject of the heartbeats of a NATS user's processes, which are sent by core NATS and not stored. */
export const heartbeatSubject = (user: NatsUser | '*'): string => `heartbeats.${user}`

/** What a process says about itself every two seconds (JSON), and once more when it stops. */
export interface Heartbeat {
  /** The process, as people call it: `projector hourly`, `scorer serious-1`, `ingest reddit`, `eraser`. */
  readonly name: string
  /** A random id of this run: after a restart it is another one. */
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
  /** What the process itself knows to be wrong. */
  readonly problems: readonly Problem[]
  /** Of a projector: the id of the file that it writes, which tells the projectors of several hosts apart. */
  readonly fileId: string | null
}

/** The state of this process, which its parts update and its heartbeat carries. */
export class Health {
  readonly problems = new CurrentProblems()
  lag: number | null = null
  fileId: string | null = null
  lastError: Heartbeat['lastError'] = null

  failed(error: unknown): void {
    this.lastError = { message: error instanceof Error ? error.message : String(error), at: new Date().toISOString() }
  }
}
