const BASE_MS = 1_000
const MAX_MS = 300_000

/**
 * How long to wait after a failure. The wait doubles with each failure in a row, from one second to five minutes. Each wait is
 * shortened at random by up to a half, so that many clients do not retry at the same moment.
 */
export class Backoff {
  /** Failures since the last success. */
  failures = 0
  readonly #random: () => number

  /** @param random returns a number from 0 to 1 */
  constructor(random: () => number) {
    this.#random = random
  }

  /** Counts a failure. @returns milliseconds to wait */
  next(): number {
    const full = Math.min(MAX_MS, BASE_MS * 2 ** Math.min(this.failures, 30))
    this.failures++
    return full * (0.5 + this.#random() / 2)
  }

  succeeded(): void {
    this.failures = 0
  }
}
