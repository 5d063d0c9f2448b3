/** The line is full: as many tasks are waiting as may wait. */
export class LineFullError extends Error {
  override name = 'LineFullError'
}

/**
 * Lets a few tasks run at once and others wait for their turn, in order. Unlike p-queue it limits how many wait, and keeps the
 * place of a running task until the task ends, even if its client leaves.
 */
export class WaitingLine {
  readonly #atOnce: number
  readonly #mostWaiting: number
  /** One function for each waiting task, in order; it is called when the task's turn has come. */
  readonly #waiting = new Set<() => void>()
  #running = 0

  constructor({ atOnce, mostWaiting }: { readonly atOnce: number; readonly mostWaiting: number }) {
    this.#atOnce = atOnce
    this.#mostWaiting = mostWaiting
  }

  /**
   * @param signal its abort removes a waiting task; it does not change a running one
   * @throws LineFullError at once if the line is full, the signal's reason if it aborts, or the task's error
   */
  async run<T>(task: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted()
    if (this.#running < this.#atOnce) this.#running++
    else await this.#waitForTurn(signal)
    try {
      return await task()
    } finally {
      // The place goes straight to the next task, so that no task that is added meanwhile takes it.
      const [next] = this.#waiting
      if (next === undefined) this.#running--
      else next()
    }
  }

  #waitForTurn(signal: AbortSignal | undefined): Promise<void> {
    if (this.#waiting.size >= this.#mostWaiting) throw new LineFullError(`more than ${this.#mostWaiting} are waiting`)
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const leave = (): void => {
      this.#waiting.delete(take)
      reject(signal!.reason)
    }
    const take = (): void => {
      this.#waiting.delete(take)
      signal?.removeEventListener('abort', leave)
      resolve()
    }
    this.#waiting.add(take)
    signal?.addEventListener('abort', leave, { once: true })
    return promise
  }
}
