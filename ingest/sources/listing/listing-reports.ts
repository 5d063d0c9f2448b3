import type { Clock } from '../../http/clock.ts'
import type { SourceContext } from '../live/source.ts'
import type { ListingClient } from './listing-page.ts'
import type { ListingPosition } from './listing-position.ts'

const INTERVAL_MS = 60_000

export interface ListingReportsOptions {
  readonly client: ListingClient
  readonly clock: Clock
  readonly context: SourceContext
  readonly position: ListingPosition
}

/** Reports on the hours of subreddits once a minute. After a crash some reports are repeated, with the same content. */
export class ListingReports {
  readonly #options: ListingReportsOptions
  readonly #startMs: number
  #reportedMs: number

  constructor(options: ListingReportsOptions) {
    this.#options = options
    this.#startMs = this.#reportedMs = options.clock.elapsedMs()
  }

  get isDue(): boolean {
    return this.#options.clock.elapsedMs() - this.#reportedMs >= INTERVAL_MS
  }

  /** @param names the subreddits that can be read @throws what publishing throws */
  async report(names: readonly string[]): Promise<void> {
    const { client, clock, context, position } = this.#options
    this.#reportedMs = clock.elapsedMs()
    const nowMs = client.serverMs
    const [nowUtc, startUtc] = [nowMs / 1_000, (nowMs - this.#reportedMs + this.#startMs) / 1_000]
    const reports = position.hours.due(names, nowUtc, startUtc)
    await context.report(reports)
    if (reports.length > 0) position.reported(reports, nowUtc)
  }
}
