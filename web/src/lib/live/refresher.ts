/** The read models are a moment behind the event that caused the request. */
const SETTLE_MS = 250

export interface RefresherOptions {
  /** Loads the figures and shows them. When it fails, the shown figures stay until the next load. */
  readonly load: (signal: AbortSignal) => Promise<void>
  /** The shortest time between the starts of two loads. */
  readonly intervalMs: number
  /** The longest time without a load, because some changes, such as erasures, are not announced. */
  readonly idleMs: number
  /** Whether the page is hidden, so that nothing needs to be loaded. */
  readonly isAway: () => boolean
}

/** Reloads a page's figures when something changed, one load at a time and not too often. */
export class Refresher {
  readonly #options: RefresherOptions
  readonly #stopping = new AbortController()
  #timer: ReturnType<typeof setTimeout> | undefined
  #dueAtMs = Number.POSITIVE_INFINITY
  #startedAtMs = Number.NEGATIVE_INFINITY
  #isLoading = false
  #isWanted = false

  constructor(options: RefresherOptions) {
    this.#options = options
  }

  request(): void {
    this.#isWanted = true
    if (this.#isLoading) return
    const pauseMs = this.#startedAtMs + this.#options.intervalMs - performance.now()
    this.#schedule(Math.max(SETTLE_MS, pauseMs))
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#stopping.abort()
  }

  #schedule(pauseMs: number): void {
    const atMs = performance.now() + pauseMs
    if (atMs >= this.#dueAtMs) return
    clearTimeout(this.#timer)
    this.#dueAtMs = atMs
    this.#timer = setTimeout(() => void this.#run(), pauseMs)
  }

  async #run(): Promise<void> {
    this.#dueAtMs = Number.POSITIVE_INFINITY
    this.#startedAtMs = performance.now()
    this.#isLoading = true
    this.#isWanted = false
    try {
      if (!this.#options.isAway()) await this.#options.load(this.#stopping.signal)
    } catch {
      // The shown figures stay. The connection label tells whether the server can be reached.
    }
    this.#isLoading = false
    if (this.#stopping.signal.aborted) return
    if (this.#isWanted) this.request()
    else this.#schedule(this.#options.idleMs)
  }
}
