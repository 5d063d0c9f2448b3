/**
 * Gathers items, so that however many arrive, `apply` is called at most once in `intervalMs`: the first is applied at
 * once, what follows in batches. Fifty updates a second are more than anybody can read and cost more than they show.
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

  /** Applies what waits, now. */
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
