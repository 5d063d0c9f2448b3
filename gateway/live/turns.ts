/** For so much time that a task took, one iteration of the event loop passes without a task. */
const MS_PER_ITERATION = 0.5
const MOST_ITERATIONS = 8

/**
 * Lets one task run at a time, in the order in which the tasks asked, with iterations of the event loop between them. Long work
 * that is cut into short tasks leaves the event loop free for requests and live subscribers. After a long task several
 * iterations pass, because libuv accepts only one new connection in each: with one iteration, a new client waited
 * behind hundreds of others for as many tasks.
 */
export class Turns {
  readonly #waiting: (() => void)[] = []
  readonly #mostIterations: number
  #isBusy = false

  /** @param mostIterations how many iterations pass after a task at most */
  constructor(mostIterations = MOST_ITERATIONS) {
    this.#mostIterations = mostIterations
  }

  /** Resolves when it is the caller's turn. The caller then does a few milliseconds of work, and asks again for more. */
  take(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#waiting.push(resolve)
    if (!this.#isBusy) setImmediate(() => this.#grant())
    this.#isBusy = true
    return promise
  }

  #grant(): void {
    const next = this.#waiting.shift()
    this.#isBusy = next !== undefined
    if (next === undefined) return
    const startMs = performance.now()
    next()
    // The task runs before this callback.
    setImmediate(() => this.#pause(Math.min(this.#mostIterations, (performance.now() - startMs) / MS_PER_ITERATION)))
  }

  #pause(iterations: number): void {
    if (iterations < 1) return this.#grant()
    setImmediate(() => this.#pause(iterations - 1))
  }
}
