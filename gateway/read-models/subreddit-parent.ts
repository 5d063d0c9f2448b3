import type { SubredditRow } from '../../projections/all-time/queries.ts'
import type { SeriesLoader } from './series-loader.ts'

/**
 * The value that resolvers of `Subreddit` get: a subreddit's row, with the scoring model that its figures come from.
 */
export interface SubredditParent {
  readonly row: SubredditRow
  readonly model: string
  /** Shared by all subreddits of one answer. */
  readonly series: SeriesLoader
}
