import { toCoverageMessage } from '../../../schema/coverage.ts'
import type { HourCovered } from '../../../schema/events.ts'
import { MAX_BATCH_MESSAGES, type DurablePublisher } from '../../../schema/runtime/publish.ts'

/** What a source knows of an hour; a later report of the same hour and subreddit replaces it. */
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

  /** Resolves when all of them are stored. @throws what made publishing fail */
  async publish(reports: readonly HourReport[]): Promise<void> {
    for (let at = 0; at < reports.length; at += MAX_BATCH_MESSAGES) {
      const messages = reports
        .slice(at, at + MAX_BATCH_MESSAGES)
        .map((report) => toCoverageMessage(Object.assign({ type, source: this.#source }, report)))
      await this.#publisher.publish(messages)
    }
  }
}
