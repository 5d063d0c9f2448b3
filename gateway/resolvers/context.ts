import type { Explainer } from '../explanations/explainer.ts'
import type { LiveUpdates } from '../live/live-updates.ts'
import type { PipelineReader } from '../log/pipeline.ts'
import type { ReadModels } from '../read-models/read-models.ts'
import type { Sampler } from '../log/sampler.ts'
import type { ShownModel } from '../log/shown-model.ts'

/** The value that every resolver gets as its context. */
export interface GatewayContext {
  readonly models: ReadModels
  readonly shown: ShownModel
  readonly live: LiveUpdates
  readonly pipeline: PipelineReader
  readonly sampler: Sampler
  readonly explainer: Explainer
  /** Yoga adds it. Its signal is aborted when the client leaves. */
  readonly request?: Request
}
