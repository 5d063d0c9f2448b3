/**
 * Lets one task run in each iteration of the event loop, in the order in which the tasks asked. Long work that is cut into
 * short tasks leaves the event loop free for requests and live subscribers.
 */
export class Turns {
  readonly #waiting: (() => void)[] = []

  /** Resolves when it is the caller's turn. The caller then does a few milliseconds of work, and asks again for more. */
  take(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    if (this.#waiting.push(resolve) === 1) setImmediate(() => this.#grant())
    return promise
  }

  #grant(): void {
    this.#waiting.shift()?.()
    if (this.#waiting.length > 0) setImmediate(() => this.#grant())
  }
}
