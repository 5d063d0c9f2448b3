import type { Logger } from '../../../schema/runtime/logger.ts'
import type { Clock } from '../../http/clock.ts'

/** The first pause is short, because a refusal may be a mistake of the server's that passes within seconds. */
const FIRST_PAUSE_MS = 5_000
const MAX_PAUSE_MS = 3_600_000

interface Suspension {
  /** When the subreddit may be tried again, on the monotonic clock. */
  retryMs: number
  pauseMs: number
}

/**
 * Subreddits that cannot be read. Each is logged once and then tried again after pauses that double, from five seconds to an
 * hour.
 */
export class SuspendedSubreddits {
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #suspended = new Map<string, Suspension>()

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock
    this.#logger = logger
  }

  /** Notes that a subreddit could not be read. @param reason is logged the first time */
  suspend(name: string, reason: string): void {
    const before = this.#suspended.get(name)
    const pauseMs = before === undefined ? FIRST_PAUSE_MS : Math.min(MAX_PAUSE_MS, before.pauseMs * 2)
    this.#suspended.set(name, { pauseMs, retryMs: this.#clock.elapsedMs() + pauseMs })
    if (before === undefined) {
      this.#logger.warn(
        { subreddit: name, reason },
        'subreddit cannot be read; skipping it, will retry from time to time',
      )
    }
  }

  /** Notes that a subreddit can be read, or that it is to be read together with the others again. */
  resume(name: string, log = true): void {
    if (this.#suspended.delete(name) && log) this.#logger.info({ subreddit: name }, 'subreddit can be read again')
  }

  /** Lets every suspended subreddit be tried again within `ms`. Used when none can be read, since the fault may be the server's. */
  retryWithin(ms: number): void {
    const retryMs = this.#clock.elapsedMs() + ms
    for (const suspension of this.#suspended.values()) suspension.retryMs = Math.min(suspension.retryMs, retryMs)
  }

  /** All suspended subreddits. */
  get names(): string[] {
    return [...this.#suspended.keys()]
  }

  has(name: string): boolean {
    return this.#suspended.has(name)
  }

  /** Whether a subreddit is suspended and its pause is not over yet. */
  isWaiting(name: string): boolean {
    const suspension = this.#suspended.get(name)
    return suspension !== undefined && suspension.retryMs > this.#clock.elapsedMs()
  }

  /** A suspended subreddit whose pause is over; undefined where there is none. */
  due(): string | undefined {
    const now = this.#clock.elapsedMs()
    for (const [name, { retryMs }] of this.#suspended) if (retryMs <= now) return name
    return undefined
  }

  /** When the next pause ends, on the monotonic clock; infinity where nothing is suspended. */
  get nextRetryMs(): number {
    return Math.min(...[...this.#suspended.values()].map(({ retryMs }) => retryMs), Number.POSITIVE_INFINITY)
  }
}
