import type { Pipeline, ProjectionStatus } from '../../schema/generated/api.ts'
import { meanSeriousness, standardDeviation } from '../../schema/seriousness.ts'
import type { LogStatus } from './log-status.ts'
import type { Problems } from './problems.ts'
import { readProjections } from './projection-status.ts'
import type { ReadModels } from '../read-models/read-models.ts'
import type { ShownModel } from './shown-model.ts'

const REFRESH_MS = 500
const NOTHING = { posts: 0, sum: 0, sumOfSquares: 0 }

export interface PipelineSources {
  readonly models: ReadModels
  readonly shown: ShownModel
  readonly log: LogStatus
  readonly problems: Problems
}

/** Reads the state of the pipeline. It reads the read models at most twice a second, however often it is called. */
export class PipelineReader {
  readonly #sources: PipelineSources
  #latest: Pipeline | undefined
  #readAtMs = Number.NEGATIVE_INFINITY

  constructor(sources: PipelineSources) {
    this.#sources = sources
  }

  /** @throws READ_MODEL_UNAVAILABLE */
  read(): Pipeline {
    const now = performance.now()
    if (this.#latest !== undefined && now - this.#readAtMs < REFRESH_MS) return this.#latest
    this.#readAtMs = now
    return (this.#latest = this.#read())
  }

  /** The progress of each read model, also of those that cannot be read. */
  readProjections(): ProjectionStatus[] {
    return readProjections(this.#sources.models, this.#sources.log.streams)
  }

  #read(): Pipeline {
    const { models, shown, log, problems } = this.#sources
    const { streams } = log
    const model = shown.name
    const total = model === undefined ? undefined : models.allTime.queries?.total(model)
    const { posts, sum, sumOfSquares } = total ?? NOTHING
    const sources = models.posts.queries?.sources() ?? []
    return {
      model: shown.promoted ?? null,
      posts: sources.reduce((all, source) => all + source.posts, 0),
      sources,
      allTime: {
        posts,
        mean: meanSeriousness(sum, posts),
        standardDeviation: standardDeviation(sum, sumOfSquares, posts),
      },
      streams,
      projections: readProjections(models, streams),
      problems: problems.find(),
    }
  }
}
