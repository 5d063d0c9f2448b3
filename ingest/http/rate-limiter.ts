import type { Clock } from './clock.ts'
import { seconds, type Headers } from './headers.ts'

const MINUTE_MS = 60_000
/** The longest pause that a server can ask for. */
const MAX_PAUSE_MS = 3_600_000

/** A `spare` request goes out when no urgent one waits, and otherwise gets every other turn. */
export type Urgency = 'urgent' | 'spare'

interface Waiter {
  readonly urgency: Urgency
  readonly grant: () => void
}

export interface RateLimits {
  readonly perMinute: number
  /** How many requests the server allows in one of its windows; needed when its headers tell only how many were used. */
  readonly perWindow?: number
}

/**
 * Spreads requests evenly. Two requests are never closer together than a minute divided by the limit, so that no minute has more
 * of them and a restart causes no burst. When the server's headers allow fewer requests, the remaining ones are spread over
 * the time until its window ends. Source: Reddit's headers `x-ratelimit-remaining`, `-used` and `-reset` (seconds).
 */
export class RateLimiter {
  readonly #clock: Clock
  readonly #leastMs: number
  readonly #perWindow: number | undefined
  #nextMs = 0
  #lastMs = Number.NEGATIVE_INFINITY
  #spacingMs: number
  #windowEndMs = 0
  /** In the order in which they asked. */
  readonly #waiting: Waiter[] = []
  /** The current sleep until the next turn. It is aborted when the last waiter gives up. */
  #sleep: AbortController | undefined
  #lastUrgency: Urgency = 'spare'

  constructor(clock: Clock, { perMinute, perWindow }: RateLimits) {
    this.#clock = clock
    this.#leastMs = this.#spacingMs = MINUTE_MS / perMinute
    this.#perWindow = perWindow
  }

  /** Milliseconds until the next request may be sent. */
  get waitMs(): number {
    return Math.max(0, this.#nextMs - this.#clock.elapsedMs())
  }

  /** Resolves when the caller may send one request. Callers of the same urgency get their turns in order. @throws the signal's reason */
  turn(signal: AbortSignal, urgency: Urgency = 'urgent'): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason as Error)
      const abort = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1)
        if (this.#waiting.length === 0) this.#sleep?.abort()
        reject(signal.reason as Error)
      }
      const grant = (): void => {
        signal.removeEventListener('abort', abort)
        resolve()
      }
      const waiter: Waiter = { urgency, grant }
      this.#waiting.push(waiter)
      signal.addEventListener('abort', abort, { once: true })
      if (this.#sleep === undefined) void this.#grantTurns()
    })
  }

  /** Holds all requests back for a while. */
  pause(ms: number): void {
    this.#nextMs = Math.max(this.#nextMs, this.#clock.elapsedMs() + Math.min(ms, MAX_PAUSE_MS))
  }

  /** Adapts the pace to what the server's headers say about its window. */
  adaptTo(headers: Headers): void {
    const used = seconds(headers.get('x-ratelimit-used'))
    const left = this.#perWindow === undefined || used === undefined ? undefined : this.#perWindow - used
    const remaining = seconds(headers.get('x-ratelimit-remaining')) ?? left
    const resetMs = resetIn(headers, this.#clock.wallMs())
    if (remaining === undefined || resetMs === undefined) return
    this.#windowEndMs = this.#clock.elapsedMs() + resetMs
    if (remaining < 1) this.pause(resetMs)
    else this.#spacingMs = Math.max(this.#leastMs, resetMs / remaining)
    this.#nextMs = Math.max(this.#nextMs, Math.min(this.#lastMs + this.#spacingMs, this.#windowEndMs))
  }

  async #grantTurns(): Promise<void> {
    this.#sleep = new AbortController()
    while (this.#waiting.length > 0) {
      if (this.#sleep.signal.aborted) this.#sleep = new AbortController()
      const { waitMs } = this
      if (waitMs > 0) await this.#clock.sleep(waitMs, this.#sleep.signal)
      else this.#grantNext()
    }
    this.#sleep = undefined
  }

  #grantNext(): void {
    const wanted: Urgency = this.#lastUrgency === 'urgent' ? 'spare' : 'urgent'
    const index = Math.max(
      0,
      this.#waiting.findIndex(({ urgency }) => urgency === wanted),
    )
    const [waiter] = this.#waiting.splice(index, 1)
    this.#lastUrgency = waiter!.urgency
    this.#book()
    waiter!.grant()
  }

  #book(): void {
    const now = this.#clock.elapsedMs()
    if (now >= this.#windowEndMs) this.#spacingMs = this.#leastMs
    // The spacing never reaches past the window's end, because the next window allows requests again.
    const untilEndMs = this.#windowEndMs - now
    const spacingMs = untilEndMs > 0 ? Math.min(this.#spacingMs, untilEndMs) : this.#spacingMs
    this.#lastMs = now
    this.#nextMs = now + Math.max(this.#leastMs, spacingMs)
  }
}

/** Milliseconds until the window ends. Some servers give the seconds left, others the time of its end (seconds since the epoch). */
function resetIn(headers: Headers, wallMs: number): number | undefined {
  const reset = seconds(headers.get('x-ratelimit-reset'))
  if (reset === undefined) return undefined
  const date = Date.parse(headers.get('date') ?? '')
  const ms = reset < 1e9 ? reset * 1_000 : reset * 1_000 - (Number.isNaN(date) ? wallMs : date)
  return Math.min(Math.max(ms, 0), MAX_PAUSE_MS)
}
