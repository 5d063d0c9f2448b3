import type { Logger } from '../../../schema/runtime/logger.ts'
import type { Clock } from '../../http/clock.ts'

/** What is refused by a mishap can be read again soon. */
const FIRST_MS = 5_000
const MAX_MS = 3_600_000

interface Hold {
  untilMs: number
  lengthMs: number
}

/** Subreddits that cannot be read: said once, then tried again now and then, after some seconds first, hourly at last. */
export class Holds {
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #holds = new Map<string, Hold>()

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock
    this.#logger = logger
  }

  /** @param reason for people */
  put(name: string, reason: string): void {
    const before = this.#holds.get(name)
    const lengthMs = before === undefined ? FIRST_MS : Math.min(MAX_MS, before.lengthMs * 2)
    this.#holds.set(name, { lengthMs, untilMs: this.#clock.elapsedMs() + lengthMs })
    if (before === undefined) {
      this.#logger.warn({ subreddit: name, reason }, 'subreddit cannot be read: skipped, and tried again now and then')
    }
  }

  /** Ends a hold. */
  lift(name: string, say = true): void {
    if (this.#holds.delete(name) && say) this.#logger.info({ subreddit: name }, 'subreddit can be read again')
  }

  /** Tries again within `ms`, whatever was said before: where nothing at all can be read, it may not be their fault. */
  hurry(ms: number): void {
    const untilMs = this.#clock.elapsedMs() + ms
    for (const hold of this.#holds.values()) hold.untilMs = Math.min(hold.untilMs, untilMs)
  }

  /** Those that could not be read when they were last tried. */
  get names(): string[] {
    return [...this.#holds.keys()]
  }

  /** Whether it could not be read when it was last tried. */
  has(name: string): boolean {
    return this.#holds.has(name)
  }

  /** Whether it is not to be tried now. */
  holds(name: string): boolean {
    const hold = this.#holds.get(name)
    return hold !== undefined && hold.untilMs > this.#clock.elapsedMs()
  }

  /** One that may be tried again now. */
  due(): string | undefined {
    const now = this.#clock.elapsedMs()
    for (const [name, { untilMs }] of this.#holds) if (untilMs <= now) return name
    return undefined
  }

  /** When the next one may be tried, on the monotonic clock. */
  get nextMs(): number {
    return Math.min(...[...this.#holds.values()].map(({ untilMs }) => untilMs), Number.POSITIVE_INFINITY)
  }
}
