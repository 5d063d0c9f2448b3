const MEMORY_MS = 1_000

export interface BatchPacerOptions {
  /** How many messages make a batch worth its fixed costs. */
  readonly targetMessages: number
  /** The longest time that a batch waits for more messages. */
  readonly maxWaitMs: number
  /** Up to this rate no message waits, because latency matters more than cost. */
  readonly calmPerSecond?: number
  /** The clock, in milliseconds from any starting point. */
  readonly now?: () => number
}

/**
 * Decides how long a batch gathers messages. At a few messages a second a batch leaves at once, so that a lone event never
 * waits for others. Under load, small batches would spend most of the machine on their fixed costs (a round trip, a sync, a
 * transaction), and waiting for a full batch costs less time than it saves.
 */
export class BatchPacer {
  readonly #options: Required<BatchPacerOptions>
  /** A count of recent messages in which each loses weight as it gets older; divided by MEMORY_MS it is the rate. */
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

  /** How long a batch may gather from its first message on, in milliseconds; 0 means that it is sent at once. */
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
