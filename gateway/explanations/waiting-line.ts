/** More wait than may. */
export class LineFullError extends Error {
  override name = 'LineFullError'
}

/** Lets a few tasks run at once and others wait for their turn, in order. */
export class WaitingLine {
  readonly #atOnce: number
  readonly #mostWaiting: number
  readonly #waiting: (() => void)[] = []
  #running = 0

  constructor({ atOnce, mostWaiting }: { readonly atOnce: number; readonly mostWaiting: number }) {
    this.#atOnce = atOnce
    this.#mostWaiting = mostWaiting
  }

  /** @throws LineFullError at once where the line is too long; otherwise what the task throws */
  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#running < this.#atOnce) this.#running++
    else await this.#waitForTurn()
    try {
      return await task()
    } finally {
      // The place is handed on, so that nobody who comes in between takes it.
      const next = this.#waiting.shift()
      if (next === undefined) this.#running--
      else next()
    }
  }

  #waitForTurn(): Promise<void> {
    if (this.#waiting.length >= this.#mostWaiting) throw new LineFullError(`more than ${this.#mostWaiting} are waiting`)
    return new Promise((resolve) => this.#waiting.push(resolve))
  }
}
