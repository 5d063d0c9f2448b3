import type { Clock } from '../../http/clock.ts'
import type { ListingClient } from '../listing/listing-page.ts'
import type { SourceContext } from '../live/source.ts'
import type { SweepProgress } from './id-hours.ts'
import type { SweepPosition } from './sweep-position.ts'

const REPORT_INTERVAL_MS = 120_000

/** Reports every two minutes on the hours that changed. */
export class SweepReports {
  readonly #client: ListingClient
  readonly #clock: Clock
  readonly #context: SourceContext
  readonly #position: SweepPosition
  #dueMs = 0

  constructor(
    { client, clock }: { client: ListingClient; clock: Clock },
    context: SourceContext,
    position: SweepPosition,
  ) {
    this.#client = client
    this.#clock = clock
    this.#context = context
    this.#position = position
  }

  get isDue(): boolean {
    return this.#clock.elapsedMs() >= this.#dueMs
  }

  /** Publishes the reports that are due. After a crash some of them are repeated, with the same content. */
  async report(): Promise<void> {
    const { utc, backlog, hours, pending } = this.#position
    this.#dueMs = this.#clock.elapsedMs() + REPORT_INTERVAL_MS
    const progress: SweepProgress = { nowUtc: Math.floor(this.#client.serverMs / 1_000), throughUtc: utc, backlog }
    const reports = hours.due(progress)
    await this.#context.report(reports)
    hours.reported(reports, progress, pending.hours)
  }
}
