export interface BackOffLimits {
  readonly firstMs: number
  readonly maxMs: number
}

/**
 * Pauses between attempts: each is twice as long as the one before, up to a limit. For loops that p-retry cannot hold:
 * those that continue after a success, or that must retry after any error (p-retry gives up on a TypeError).
 */
export class BackOff {
  readonly #limits: BackOffLimits
  #nextMs: number

  constructor(limits: BackOffLimits) {
    this.#limits = limits
    this.#nextMs = limits.firstMs
  }

  /** Milliseconds to wait before the next attempt. */
  next(): number {
    const pauseMs = this.#nextMs
    this.#nextMs = Math.min(pauseMs * 2, this.#limits.maxMs)
    return pauseMs
  }

  /** After a success: the next pause is the first one again. */
  reset(): void {
    this.#nextMs = this.#limits.firstMs
  }

  /** For a failure that will not pass soon: the next pause is the longest one. */
  skipToLongest(): void {
    this.#nextMs = this.#limits.maxMs
  }
}
