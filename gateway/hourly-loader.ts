import type { CoverageRow } from '../projections/hourly/queries.ts'
import type { TallyRow } from '../projections/tally/queries.ts'
import { RangeBatches } from './range-batches.ts'
import type { ReadModels } from './read-models.ts'

/** The hours of the subreddits of one answer, or of one round of updates. */
export class HourlyLoader {
  /** One clock for the whole answer: its subreddits then share a range. */
  readonly nowSeconds = Math.floor(Date.now() / 1_000)
  /** Hours with posts, oldest first. */
  readonly seriousness: RangeBatches<TallyRow>
  /** Hours of which it is known how much of them was seen, oldest first. */
  readonly coverage: RangeBatches<CoverageRow>

  constructor(models: ReadModels, model: string) {
    const queries = () => models.hourly.queries
    this.seriousness = new RangeBatches<TallyRow>({
      what: 'hourly: hours with posts',
      read: (names, range) => (queries() === undefined ? new Map() : queries()!.ranges(model, names, range)),
    })
    this.coverage = new RangeBatches<CoverageRow>({
      what: 'coverage: hours with reports',
      read: (names, range) => (queries() === undefined ? new Map() : queries()!.coverage(names, range)),
    })
  }
}
