const MEMORY_MS = 1_000

export interface BatchPacerOptions {
  /** Messages that make a batch worth its fixed costs. */
  readonly targetMessages: number
  /** The longest that a batch waits for company. */
  readonly maxWaitMs: number
  /** Up to this rate nothing waits: latency counts, not cost. */
  readonly calmPerSecond?: number
  /** Milliseconds from any starting point. */
  readonly now?: () => number
}

/**
 * Decides how long a batch gathers. At a few messages a second it leaves at once, so that a lone event never waits for
 * company; under load a batch's fixed costs (a round trip, a sync, a transaction) would eat the machine, and waiting for
 * a full batch costs less time than it saves.
 */
export class BatchPacer {
  readonly #options: Required<BatchPacerOptions>
  /** Messages of late, each worth less the older it is: with the time constant this is the rate. */
  #recent = 0
  #updatedMs: number

  constructor(options: BatchPacerOptions) {
    this.#options = { calmPerSecond: 1_000, now: () => performance.now(), ...options }
    this.#updatedMs = this.#options.now()
  }

  arrived(messages: number): void {
    this.#decay()
    this.#recent += messages
  }

  /** Milliseconds that a batch may gather from its first message on; 0 to send it at once. */
  waitMs(): number {
    const { targetMessages, maxWaitMs, calmPerSecond } = this.#options
    this.#decay()
    const perSecond = (this.#recent * 1_000) / MEMORY_MS
    if (perSecond <= calmPerSecond) return 0
    return Math.min(maxWaitMs, (targetMessages * 1_000) / perSecond)
  }

  #decay(): void {
    const now = this.#options.now()
    if (now === this.#updatedMs) return
    this.#recent *= Math.exp((this.#updatedMs - now) / MEMORY_MS)
    this.#updatedMs = now
  }
}
