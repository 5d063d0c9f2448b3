/** More wait than may. */
export class LineFullError extends Error {
  override name = 'LineFullError'
}

/** Lets a few tasks run at once and others wait for their turn, in order. */
export class WaitingLine {
  readonly #atOnce: number
  readonly #mostWaiting: number
  /** In order; each is called when its turn has come. */
  readonly #waiting = new Set<() => void>()
  #running = 0

  constructor({ atOnce, mostWaiting }: { readonly atOnce: number; readonly mostWaiting: number }) {
    this.#atOnce = atOnce
    this.#mostWaiting = mostWaiting
  }

  /**
   * @param signal its abort takes a task out of the line; one that runs is left alone
   * @throws LineFullError at once where the line is too long; the signal's reason; otherwise what the task throws
   */
  async run<T>(task: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted()
    if (this.#running < this.#atOnce) this.#running++
    else await this.#waitForTurn(signal)
    try {
      return await task()
    } finally {
      // The place is handed on, so that nobody who comes in between takes it.
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
