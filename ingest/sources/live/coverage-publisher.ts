import { type HourCovered, toMessage } from '../../../schema/events.ts'
import type { DurablePublisher } from '../../../schema/runtime/publish.ts'

/**
 * How much of an hour a source has seen. A later report on the same hour and subreddit replaces it. Its field `erased` counts
 * posts that were deleted or removed on Reddit; it has nothing to do with PostErased.
 */
export type HourReport = Omit<HourCovered, 'type' | 'source'>

const type: HourCovered['type'] = 'HourCovered'

/** Publishes a source's reports on hours. */
export class CoveragePublisher {
  readonly #publisher: DurablePublisher
  readonly #source: string

  constructor(publisher: DurablePublisher, source: string) {
    this.#publisher = publisher
    this.#source = source
  }

  /** Resolves when all of them are stored. @throws the error that made publishing fail */
  async publish(reports: readonly HourReport[]): Promise<void> {
    const source = this.#source
    await this.#publisher.publishAll(reports.map((report) => toMessage({ type, source, ...report })))
  }
}
