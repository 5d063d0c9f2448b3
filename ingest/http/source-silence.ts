import type { Health } from '../../schema/heartbeat.ts'
import type { Clock } from './clock.ts'
import type { Urgency } from './rate-limiter.ts'

/** A source that no request could read for this long is silent. With the pauses between attempts it is found in 15 seconds. */
const SILENT_MS = 10_000

interface Request {
  readonly what: string
  readonly urgency?: Urgency
}

/**
 * Raises a problem while no request for posts succeeds, and clears it with the first one that does. Requests in spare time
 * do not count, because they read old posts.
 */
export class SourceSilence {
  readonly #clock: Clock
  readonly #health: Health | undefined
  #failingSinceMs: number | undefined

  constructor(clock: Clock, health: Health | undefined) {
    this.#clock = clock
    this.#health = health
  }

  /**
   * @param waitMs the pause until the next attempt, during which no request can succeed
   * @param silentMs for how long this request got no answer
   */
  failed({ what, urgency }: Request, error: Error, { waitMs = 0, silentMs = 0 } = {}): void {
    if (urgency === 'spare') return
    const nowMs = this.#clock.elapsedMs()
    this.#failingSinceMs ??= nowMs - silentMs
    if (nowMs + waitMs - this.#failingSinceMs < SILENT_MS) return
    this.#health?.problems.raise({
      code: 'source-silent',
      what: `The source cannot be read: ${what}: ${error.message}.`,
      remedy: 'Check the connection, the credentials and the state of the source’s server. Ingest retries by itself.',
    })
  }

  succeeded({ urgency }: Request): void {
    if (urgency === 'spare') return
    this.#failingSinceMs = undefined
    this.#health?.problems.clear('source-silent')
  }
}
