const BASE_MS = 1_000
const MAX_MS = 300_000

/**
 * Waits that double with each failure in a row, from a second to five minutes, each between half and all of its length
 * so that many clients do not come back together.
 */
export class Backoff {
  /** Failures since the last success. */
  failures = 0
  readonly #random: () => number

  /** @param random from 0 to 1 */
  constructor(random: () => number) {
    this.#random = random
  }

  /** Notes a failure. @returns milliseconds to wait */
  next(): number {
    const full = Math.min(MAX_MS, BASE_MS * 2 ** Math.min(this.failures, 30))
    this.failures++
    return full * (0.5 + this.#random() / 2)
  }

  succeeded(): void {
    this.failures = 0
  }
}
