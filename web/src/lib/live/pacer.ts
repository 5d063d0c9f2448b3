/**
 * Applies items in batches, at most one batch in `intervalMs`; the first item is applied at once. Nobody can read fifty
 * updates a second, and drawing each of them would be expensive.
 */
export class Pacer<T> {
  readonly #apply: (items: T[]) => void
  readonly #intervalMs: number
  #waiting: T[] = []
  #timer: ReturnType<typeof setTimeout> | undefined
  #appliedAtMs = Number.NEGATIVE_INFINITY

  constructor(intervalMs: number, apply: (items: T[]) => void) {
    this.#intervalMs = intervalMs
    this.#apply = apply
  }

  push(item: T): void {
    this.#waiting.push(item)
    const pauseMs = Math.max(0, this.#appliedAtMs + this.#intervalMs - performance.now())
    this.#timer ??= setTimeout(() => this.flush(), pauseMs)
  }

  /** Applies the waiting items now. */
  flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#waiting.length === 0) return
    const items = this.#waiting
    this.#waiting = []
    this.#appliedAtMs = performance.now()
    this.#apply(items)
  }
}
