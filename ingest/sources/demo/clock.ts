/** The demo's time: the present, or a past that passes faster than real time until it reaches the present. */
export class DemoClock {
  readonly #speed: number
  readonly #fromMs: number
  readonly #startedMs: number
  readonly #now: () => number

  /**
   * @param speed how many times faster than real time the past passes; 1: the clock always shows the present, so that all history
   * is due at once
   * @param fromMs the time that the clock shows first, milliseconds since the epoch
   */
  constructor(speed: number, fromMs: number, now: () => number = Date.now) {
    this.#speed = speed
    this.#fromMs = fromMs
    this.#now = now
    this.#startedMs = now()
  }

  nowMs(): number {
    const real = this.#now()
    if (this.#speed === 1) return real
    return Math.min(real, this.#fromMs + (real - this.#startedMs) * this.#speed)
  }

  isPresent(): boolean {
    return this.nowMs() >= this.#now()
  }

  /** Real milliseconds until this clock shows `dueMs`, at least one. */
  realWaitMs(dueMs: number): number {
    const left = dueMs - this.nowMs()
    return Math.max(1, Math.ceil(this.isPresent() ? left : left / this.#speed))
  }
}
