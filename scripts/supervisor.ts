import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { BackOff, type BackOffLimits } from '../schema/runtime/back-off.ts'
import { EXIT_MISCONFIGURED, EXIT_WRONG_ARGUMENTS } from '../schema/runtime/lifecycle.ts'
import type { Logger } from '../schema/runtime/logger.ts'
import { systemEnvironment } from './child-environment.ts'

export interface Program {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  /** Its own settings. Of the launcher's environment it gets only what every program may need. */
  readonly env?: Readonly<Record<string, string>>
  /** Working folder; by default the launcher's own. */
  readonly cwd?: string
  /** Whether an exit with code 0 means that the work is done; otherwise every exit is a crash. */
  readonly mayFinish?: boolean
  /** Whether it stops at the end of its standard input, which then is a pipe from the launcher. */
  readonly watchesLauncher: boolean
  readonly output?: 'inherit' | 'ignore'
  /** What a person should check when it crashes again and again. */
  readonly advice?: string
  readonly onStart?: (pid: number) => void
}

export interface RestartLimits extends BackOffLimits {
  /** After this long a process counts as healthy, and the pauses start from the first one again. */
  readonly healthyMs: number
}

const LIMITS: RestartLimits = { firstMs: 500, maxMs: 30_000, healthyMs: 60_000 }
const KILL_AFTER_MS = 6_000
/** After this many crashes in a row, the message says that the program keeps crashing. */
const CRASH_LOOP_FROM = 3
const ADVICE =
  'Its own last message above says why. It restarts by itself; once the cause is removed, it keeps running.'

/**
 * Keeps a program running: a crash is logged, and the program restarted after a pause that grows from crash to crash. The
 * program gets a process group of its own, so that Ctrl-C reaches only the launcher, which stops all programs in order.
 */
export class SupervisedProcess implements AsyncDisposable {
  readonly #program: Program
  readonly #logger: Logger
  readonly #healthyMs: number
  readonly #backOff: BackOff
  #child: ChildProcess | undefined
  #timer: NodeJS.Timeout | undefined
  #crashes = 0
  #stopping = false
  #disposed = false
  #restarting: Promise<void> | undefined

  constructor(program: Program, logger: Logger, limits: RestartLimits = LIMITS) {
    this.#program = program
    this.#logger = logger
    this.#healthyMs = limits.healthyMs
    this.#backOff = new BackOff(limits)
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  start(): void {
    const { name, command, args, env, cwd, watchesLauncher, output = 'inherit', onStart } = this.#program
    const startedAt = performance.now()
    const child = spawn(command, [...args], {
      stdio: [watchesLauncher ? 'pipe' : 'ignore', output, output],
      detached: true,
      env: { ...systemEnvironment(process.env), ...env, ...(watchesLauncher ? { GRAVITAS_SUPERVISED: '1' } : {}) },
      ...(cwd === undefined ? {} : { cwd }),
    })
    this.#child = child
    child.stdin?.on('error', () => {})
    child.once('error', (error) => this.#logger.error({ process: name, err: error }, 'the process cannot start'))
    if (child.pid !== undefined) onStart?.(child.pid)
    // `close` follows a failed start, too. The exit of a process that was replaced meanwhile no longer matters.
    child.once('close', (code, signal) => {
      if (this.#child === child) this.#onExit(code, signal, performance.now() - startedAt)
    })
  }

  /**
   * Stops the process, if it runs, and starts it again without a pause. Several calls at once make one restart.
   * @param signal SIGKILL: the process gets no time to stop by itself
   */
  restart(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    this.#restarting ??= this.#stopAndStart(signal).finally(() => (this.#restarting = undefined))
    return this.#restarting
  }

  /** Sends SIGTERM, and SIGKILL to a process that does not stop. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true
    await this.#stop()
  }

  async #stopAndStart(signal: NodeJS.Signals): Promise<void> {
    await this.#stop(signal)
    if (this.#disposed) return
    this.#stopping = false
    this.#forgetCrashes()
    this.start()
  }

  async #stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    this.#stopping = true
    clearTimeout(this.#timer)
    const child = this.#child
    if (child === undefined || child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
    const kill = setTimeout(() => {
      this.#logger.warn({ process: this.#program.name }, 'the process does not stop and will be killed')
      child.kill('SIGKILL')
    }, KILL_AFTER_MS)
    const exited = once(child, 'exit')
    child.kill(signal)
    await exited
    clearTimeout(kill)
  }

  #onExit(code: number | null, signal: NodeJS.Signals | null, livedMs: number): void {
    if (this.#stopping) return
    const { name, mayFinish } = this.#program
    if (mayFinish === true && code === 0) return this.#logger.info({ process: name }, 'finished')
    // A restart would pass the same arguments again.
    if (code === EXIT_WRONG_ARGUMENTS)
      return this.#logger.fatal({ process: name }, 'the process refuses its arguments and is not restarted')
    if (livedMs >= this.#healthyMs) this.#forgetCrashes()
    this.#crashes++
    if (code === EXIT_MISCONFIGURED) this.#backOff.skipToLongest()
    const restartInMs = this.#backOff.next()
    this.#report(code, signal, restartInMs)
    this.#timer = setTimeout(() => this.start(), restartInMs)
  }

  #report(code: number | null, signal: NodeJS.Signals | null, restartInMs: number): void {
    const { name, advice = ADVICE } = this.#program
    const crash = { process: name, code, signal, restartInMs }
    if (code === EXIT_MISCONFIGURED)
      this.#logger.fatal({ ...crash, advice }, 'the process cannot work with its settings')
    else if (this.#crashes < CRASH_LOOP_FROM) this.#logger.error(crash, 'the process crashed and is restarted')
    else this.#logger.fatal({ ...crash, crashes: this.#crashes, advice }, 'the process keeps crashing')
  }

  #forgetCrashes(): void {
    this.#crashes = 0
    this.#backOff.reset()
  }
}
