import type { Explainer } from '../explanations/explainer.ts'
import type { LiveUpdates } from '../live/live-updates.ts'
import type { PipelineReader } from '../log/pipeline.ts'
import type { Reader, ReadSource } from '../read-models/reads.ts'
import type { ReadModels } from '../read-models/read-models.ts'
import type { Sampler } from '../log/sampler.ts'
import type { ShownModel } from '../log/shown-model.ts'

/** What answers are made from. */
export interface GatewayContext {
  /** Reads that a request may ask for. */
  readonly reads: ReadSource
  /** Only for reads that take no longer than a look-up. */
  readonly models: ReadModels
  readonly shown: ShownModel
  readonly live: LiveUpdates
  readonly pipeline: PipelineReader
  readonly sampler: Sampler
  readonly explainer: Explainer
}

/** The value that every resolver gets as its context. */
export interface RequestContext extends GatewayContext {
  /** Runs the reads of this request. */
  readonly reader: Reader
  /** Yoga adds it. Its signal is aborted when the client leaves. */
  readonly request?: Request
}
