import { setTimeout as pause } from 'node:timers/promises'
import { FULL_BELOW_BYTES, readFreeBytes } from '../schema/runtime/disk-space.ts'
import type { Logger } from '../schema/runtime/logger.ts'
import type { SupervisedProcess } from './supervisor.ts'

/**
 * The state of nats-server. `absent`: nothing listens, because the server stops or starts. `silent`: no answer came in
 * time.
 */
export type ServerState =
  { readonly kind: 'ok' | 'absent' | 'silent' } | { readonly kind: 'unhealthy'; readonly error: string }

export interface WatchedServer {
  readonly dataDir: string
  readonly process: Pick<SupervisedProcess, 'pid' | 'restart'>
  readonly ask: () => Promise<ServerState>
  readonly freeBytes?: () => Promise<number | undefined>
  readonly logger: Logger
}

const POLL_MS = 2_000
/**
 * These limits count polls and not time, so that a suspended machine or a stopped launcher is not mistaken for a hung
 * server.
 */
const WRITE_ERRORS_BEFORE_RESTART = 3
const UNHEALTHY_BEFORE_RESTART = 30
const SILENT_BEFORE_RESTART = 6
/** How nats-server reports a stream in which it stores nothing any more. */
const WRITE_ERROR = /write error|no space left|input\/output error/i
/** The least number of polls between two restarts, which take 30 s. */
const POLLS_BETWEEN_RESTARTS = 15

/**
 * Restarts an own nats-server that no longer works. After a failed write, nats-server 2.15 stores nothing in that stream
 * until it is restarted, even when the disk has room again. The server is not restarted while the disk is full, nor
 * before it was healthy once, because recovering a long log takes minutes.
 */
export class NatsWatchdog implements Disposable {
  readonly #server: WatchedServer
  readonly #stop = new AbortController()
  #pid: number | undefined
  #wasHealthy = false
  #last: ServerState['kind'] = 'ok'
  /** How many polls in a row had the last outcome. */
  #count = 0
  #sinceRestart = POLLS_BETWEEN_RESTARTS

  constructor(server: WatchedServer) {
    this.#server = server
  }

  start(): void {
    void this.#run()
  }

  [Symbol.dispose](): void {
    this.#stop.abort()
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop
    while (!signal.aborted) {
      await this.poll()
      await pause(POLL_MS, undefined, { signal }).catch(() => {})
    }
  }

  /** Asks the server once, and restarts it if it has to be. */
  async poll(): Promise<void> {
    const { process, ask, logger } = this.#server
    const state = await ask()
    this.#note(state)
    const reason = await this.#reasonToRestart(state)
    if (reason === undefined || this.#stop.signal.aborted) return
    logger.error({ reason }, 'nats-server does not work and is restarted')
    this.#sinceRestart = 0
    // On a graceful stop, a server that cannot write would save counts of messages that it does not have.
    await process.restart('SIGKILL')
  }

  #note({ kind }: ServerState): void {
    const { pid } = this.#server.process
    if (pid !== this.#pid) this.#wasHealthy = false
    this.#pid = pid
    this.#wasHealthy ||= kind === 'ok'
    this.#count = kind === this.#last ? this.#count + 1 : 1
    this.#last = kind
    this.#sinceRestart++
  }

  async #reasonToRestart(state: ServerState): Promise<string | undefined> {
    if (!this.#wasHealthy || this.#sinceRestart < POLLS_BETWEEN_RESTARTS) return undefined
    if (this.#count < pollsBeforeRestart(state) || !(await this.#hasRoom())) return undefined
    return state.kind === 'unhealthy' ? state.error : 'it does not answer'
  }

  async #hasRoom(): Promise<boolean> {
    const { dataDir, freeBytes = () => readFreeBytes(dataDir) } = this.#server
    return ((await freeBytes()) ?? Infinity) >= FULL_BELOW_BYTES
  }
}

function pollsBeforeRestart(state: ServerState): number {
  if (state.kind === 'silent') return SILENT_BEFORE_RESTART
  if (state.kind !== 'unhealthy') return Infinity
  return WRITE_ERROR.test(state.error) ? WRITE_ERRORS_BEFORE_RESTART : UNHEALTHY_BEFORE_RESTART
}
