/** The other processes are a moment behind the event that says that something happened. */
const SETTLE_MS = 250

export interface RefresherOptions {
  /** Loads anew and shows the result. May fail: what is shown then stays, until the next time. */
  readonly load: (signal: AbortSignal) => Promise<void>
  /** Between the starts of two loads, at least. */
  readonly intervalMs: number
  /** Without a request, at most: some changes, such as erasures, announce themselves to nobody. */
  readonly idleMs: number
  /** Nobody looks: do without. */
  readonly isAway: () => boolean
}

/** Loads a page's figures anew when something happened, one load at a time and not too often. */
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
      // The figures that are shown stay; whether the server can be reached is the connection label's to say.
    }
    this.#isLoading = false
    if (this.#stopping.signal.aborted) return
    if (this.#isWanted) this.request()
    else this.#schedule(this.#options.idleMs)
  }
}
