import type { Clock } from '../http/clock.ts'

interface Timer {
  readonly dueMs: number
  readonly finish: () => void
}

/** A clock that moves only when a test lets time pass. Sleepers wake at once when their time has come, so days pass in seconds. */
export class SimulatedClock implements Clock {
  /** By how much the machine's clock is wrong. A test may change it at any moment. */
  wrongMs = 0
  readonly #startMs: number
  #nowMs = 0
  #timers: Timer[] = []

  /** @param startMs the true time at the beginning, milliseconds since the epoch */
  constructor(startMs: number) {
    this.#startMs = startMs
  }

  /** The true time, milliseconds since the epoch. */
  get trueMs(): number {
    return this.#startMs + this.#nowMs
  }

  wallMs(): number {
    return this.trueMs + this.wrongMs
  }

  elapsedMs(): number {
    return this.#nowMs
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted || ms <= 0) return Promise.resolve()
    return new Promise((resolve) => {
      const finish = (): void => {
        this.#timers = this.#timers.filter((other) => other !== timer)
        signal.removeEventListener('abort', finish)
        resolve()
      }
      const timer: Timer = { dueMs: this.#nowMs + ms, finish }
      this.#insert(timer)
      signal.addEventListener('abort', finish)
    })
  }

  /** Lets time pass and wakes every sleeper at its own moment. */
  async pass(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms
    await settle()
    while (this.#timers.length > 0 && this.#timers[0]!.dueMs <= untilMs) {
      const [timer] = this.#timers
      this.#nowMs = timer!.dueMs
      timer!.finish()
      await settle()
    }
    this.#nowMs = untilMs
  }

  /** Lets time pass until a promise settles. */
  async passUntil<T>(promise: Promise<T>, stepMs = 1_000): Promise<T> {
    const state = { settled: false }
    const mark = (): void => void (state.settled = true)
    promise.then(mark, mark)
    await settle()
    while (!state.settled) await this.pass(stepMs)
    return promise
  }

  #insert(timer: Timer): void {
    const index = this.#timers.findIndex(({ dueMs }) => dueMs > timer.dueMs)
    if (index < 0) this.#timers.push(timer)
    else this.#timers.splice(index, 0, timer)
  }
}

/** Resolves when everything has run that does not wait for time to pass. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
