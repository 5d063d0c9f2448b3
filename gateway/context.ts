import type { SubredditRow } from '../projections/all-time/queries.ts'
import type { Explainer } from './explanations/explainer.ts'
import type { LiveUpdates } from './live-updates.ts'
import type { PipelineReader } from './pipeline.ts'
import type { ReadModels } from './read-models.ts'
import type { SeriesLoader } from './read-models/series.ts'
import type { ShownModel } from './shown-model.ts'

/** What resolvers work with. */
export interface GatewayContext {
  readonly models: ReadModels
  readonly shown: ShownModel
  readonly live: LiveUpdates
  readonly pipeline: PipelineReader
  readonly explainer: Explainer
  /** Added by Yoga; its signal is aborted when the client leaves. */
  readonly request?: Request
}

/** A subreddit with the model that its figures are of. */
export interface SubredditParent {
  readonly row: SubredditRow
  readonly model: string
  /** Shared by all subreddits of one answer. */
  readonly series: SeriesLoader
}
