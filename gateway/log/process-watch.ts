import { hostname } from 'node:os'
import type { NatsConnection } from '@nats-io/transport-node'
import { HEARTBEAT_INTERVAL_MS, heartbeatSubject, type Heartbeat } from '../../schema/heartbeat.ts'
import type { Problem, Severity } from '../../schema/problems.ts'
import type { Logger } from '../../schema/runtime/logger.ts'
import { NATS_USERS } from '../../schema/runtime/nats.ts'

/** A process that has sent no heartbeat for three intervals is hung or gone. */
export const SILENCE_MS = 3 * HEARTBEAT_INTERVAL_MS
/**
 * The process id is looked up only if a heartbeat is late. A container that has the name of this host has process ids of
 * its own, so that a running process in it would seem to be gone.
 */
const LATE_MS = 1.5 * HEARTBEAT_INTERVAL_MS
/** If the gateway itself stood still for longer than this, it has not read the heartbeats of that time yet. */
const OWN_PAUSE_MS = 3_000
const FORGET_MS = 600_000
const MAX_PROCESSES = 500
const MAX_PROBLEMS = 100
const MAX_TEXT_LENGTH = 2_000

/** A process as the gateway knows it from its heartbeats. */
export interface ProcessSample {
  readonly heartbeat: Heartbeat
  /** `hung`: silent, but its process id exists on this host. `missing`: its process id is gone, or it is silent on another host. */
  readonly state: Heartbeat['state'] | 'hung' | 'missing'
  /** Time since its first heartbeat. */
  readonly ageMs: number
  /** Time since its last heartbeat, without the time in which none could arrive. */
  readonly silentMs: number
  /** Time since it stopped, failed or went missing; 0 while it runs or hangs. */
  readonly endedMs: number
  /** When its last heartbeat arrived, in milliseconds since the epoch. */
  readonly seenAtMs: number
}

interface Entry {
  heartbeat: Heartbeat
  readonly firstHeardMs: number
  heardMs: number
  seenAtMs: number
  endedAtMs: number | undefined
}

export interface ProcessWatchOptions {
  readonly logger: Logger
  readonly host?: string
  /** A monotonic clock, in milliseconds. */
  readonly nowMs?: () => number
  readonly isAlive?: (pid: number) => boolean
}

/** Keeps the last heartbeat of each process on all hosts, and decides which processes are hung or gone. */
export class ProcessWatch {
  readonly #options: Required<ProcessWatchOptions>
  /** By instance. */
  readonly #entries = new Map<string, Entry>()
  /** Silence before this time is not counted, because the gateway could not receive heartbeats. */
  #listeningSinceMs = 0
  #lastSampleMs = Number.NEGATIVE_INFINITY

  constructor(options: ProcessWatchOptions) {
    this.#options = { host: hostname(), nowMs: () => performance.now(), isAlive: processExists, ...options }
  }

  follow(connection: NatsConnection): void {
    connection.subscribe(heartbeatSubject('*'), {
      callback: (error, message) => {
        if (error !== null) return this.#options.logger.warn({ err: error }, 'cannot follow heartbeats')
        this.read(message.subject, message.data)
      },
    })
  }

  /** Call it when heartbeats may come again after a time in which none could. */
  listenAgain(): void {
    this.#listeningSinceMs = this.#options.nowMs()
  }

  /** Reads a message of a process. Any program may send any bytes, so everything but a heartbeat of its NATS user is ignored. */
  read(subject: string, data: Uint8Array): void {
    try {
      const heartbeat = JSON.parse(Buffer.from(data).toString()) as Heartbeat | null
      if (heartbeat !== null && isHeartbeat(heartbeat) && isOwn(subject, heartbeat)) this.heard(heartbeat)
    } catch (error) {
      // A process without valid heartbeats is a problem of its own. A log line for each message could fill the disk.
      this.#options.logger.debug({ err: error }, 'invalid heartbeat')
    }
  }

  heard(heartbeat: Heartbeat): void {
    const heardMs = this.#options.nowMs()
    const seenAtMs = Date.now()
    const known = this.#entries.get(heartbeat.instance)
    if (known !== undefined) Object.assign(known, { heartbeat, heardMs, seenAtMs, endedAtMs: undefined })
    else
      this.#entries.set(heartbeat.instance, {
        heartbeat,
        firstHeardMs: heardMs,
        heardMs,
        seenAtMs,
        endedAtMs: undefined,
      })
    const [oldest] = this.#entries.keys()
    if (this.#entries.size > MAX_PROCESSES) this.#entries.delete(oldest!)
  }

  /** All processes, except those that ended more than ten minutes ago, in the order of their first heartbeats. */
  sample(): ProcessSample[] {
    const nowMs = this.#options.nowMs()
    if (nowMs - this.#lastSampleMs > OWN_PAUSE_MS) this.listenAgain()
    this.#lastSampleMs = nowMs
    for (const [instance, { endedAtMs = nowMs }] of this.#entries)
      if (nowMs - endedAtMs > FORGET_MS) this.#entries.delete(instance)
    return Array.from(this.#entries.values(), (entry) => this.#toSample(entry, nowMs))
  }

  #toSample(entry: Entry, nowMs: number): ProcessSample {
    const { heartbeat, firstHeardMs, heardMs, seenAtMs } = entry
    const silentMs = nowMs - Math.max(heardMs, this.#listeningSinceMs)
    const state = this.#stateOf(heartbeat, silentMs)
    const isAtWork = state === 'running' || state === 'hung'
    entry.endedAtMs = isAtWork ? undefined : (entry.endedAtMs ?? nowMs)
    const endedMs = nowMs - (entry.endedAtMs ?? nowMs)
    return { heartbeat, state, ageMs: nowMs - firstHeardMs, silentMs, endedMs, seenAtMs }
  }

  #stateOf({ state, host, pid }: Heartbeat, silentMs: number): ProcessSample['state'] {
    if (state !== 'running') return state
    const isHere = host === this.#options.host
    if (isHere && silentMs > LATE_MS && !this.#options.isAlive(pid)) return 'missing'
    if (silentMs <= SILENCE_MS) return 'running'
    return isHere ? 'hung' : 'missing'
  }
}

/**
 * Whether this has the form of a heartbeat, since any program on the server may publish to the subject. Everything that shows
 * the state of the system reads what is checked here.
 */
const isHeartbeat = (heartbeat: Heartbeat): boolean => {
  const { name, instance, host, version, pid, state, startedAt, lag, lastError, fileId, problems } = heartbeat
  return (
    areTexts(name, instance, host, version) &&
    Number.isInteger(pid) &&
    isOneOf(STATES, state) &&
    isTime(startedAt) &&
    (lag === null || Number.isFinite(lag)) &&
    (fileId === null || areTexts(fileId)) &&
    (lastError === null || (areTexts(lastError.message) && isTime(lastError.at))) &&
    Array.isArray(problems) &&
    problems.length <= MAX_PROBLEMS &&
    problems.every(isProblem)
  )
}

/** Whether the name is that of a process of the NATS user that sent the heartbeat, because the user owns its subject only. */
const isOwn = (subject: string, { name }: Heartbeat): boolean =>
  NATS_USERS.some((user) => subject === heartbeatSubject(user) && (name === user || name.startsWith(`${user} `)))

const isProblem = ({ code, severity, what, since, remedy }: Problem): boolean =>
  areTexts(code, what, remedy) && isOneOf(SEVERITIES, severity) && isTime(since)

const areTexts = (...values: readonly unknown[]): boolean =>
  values.every((value) => typeof value === 'string' && value.length <= MAX_TEXT_LENGTH)
const isOneOf = (values: object, value: unknown): boolean => typeof value === 'string' && Object.hasOwn(values, value)
const isTime = (value: unknown): boolean => typeof value === 'string' && !Number.isNaN(Date.parse(value))

const STATES = { running: true, stopped: true, failed: true } satisfies Record<Heartbeat['state'], true>
const SEVERITIES = { error: true, warning: true } satisfies Record<Severity, true>

function processExists(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
