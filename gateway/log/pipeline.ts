import type { Pipeline, Problem as ShownProblem, ProcessStatus, ProjectionStatus } from '../../schema/generated/api.ts'
import type { Problem } from '../../schema/problems.ts'
import { meanSeriousness, standardDeviation } from '../../schema/seriousness.ts'
import type { ReadModels } from '../read-models/read-models.ts'
import type { ProcessSample } from './process-watch.ts'
import type { ReadModelSample } from './read-model-progress.ts'
import type { Sampler } from './sampler.ts'
import { toStreamStatus } from './log-status.ts'
import type { ShownModel } from './shown-model.ts'

const REFRESH_MS = 500
const NOTHING = { posts: 0, sum: 0, sumOfSquares: 0 }

export interface PipelineSources {
  readonly models: ReadModels
  readonly shown: ShownModel
  readonly sampler: Sampler
}

/** Reads the state of the pipeline. It reads the read models at most twice a second, however often it is called. */
export class PipelineReader {
  readonly #sources: PipelineSources
  #latest: Pipeline | undefined
  #readAtMs = Number.NEGATIVE_INFINITY

  constructor(sources: PipelineSources) {
    this.#sources = sources
  }

  /** Reading a figure of the result throws READ_MODEL_UNAVAILABLE if its read model cannot be read; problems never do. */
  read(): Pipeline {
    const now = performance.now()
    if (this.#latest !== undefined && now - this.#readAtMs < REFRESH_MS) return this.#latest
    this.#readAtMs = now
    return (this.#latest = this.#read())
  }

  #read(): Pipeline {
    const { models, shown, sampler } = this.#sources
    const { sample, problems } = sampler
    const sources = once(() => models.posts.queries?.sources() ?? [])
    const allTime = once(() => this.#readAllTime())
    return {
      model: shown.promoted ?? null,
      get posts() {
        return models.posts.queries?.count() ?? 0
      },
      get sources() {
        return sources()
      },
      get allTime() {
        return allTime()
      },
      streams: sample.streams.flatMap((stream) => toStreamStatus(stream) ?? []),
      projections: sample.readModels.map(toProjection),
      processes: sample.processes.map(toProcess).sort((a, b) => a.name.localeCompare(b.name)),
      problems: problems.map(toShownProblem),
    }
  }

  #readAllTime(): Pipeline['allTime'] {
    const { models, shown } = this.#sources
    const model = shown.name
    const total = model === undefined ? undefined : models.allTime.queries?.total(model)
    const { posts, sum, sumOfSquares } = total ?? NOTHING
    return {
      posts,
      mean: meanSeriousness(sum, posts),
      standardDeviation: standardDeviation(sum, sumOfSquares, posts),
    }
  }
}

/** Returns a function that calls `read` once, and then always returns the same result. */
function once<T>(read: () => T): () => T {
  let result: { readonly value: T } | undefined
  return () => (result ??= { value: read() }).value
}

const toProjection = ({ lagSeconds, etaSeconds, ...model }: ReadModelSample): ProjectionStatus => {
  const { name, lag, lostEvents, checkpoints } = model
  const copies = checkpoints.map(({ stream, sequence }) => ({ stream, sequence }))
  return { name, lag, lagSeconds: lagSeconds ?? null, etaSeconds: etaSeconds ?? null, lostEvents, checkpoints: copies }
}

function toProcess({ heartbeat, state, seenAtMs }: ProcessSample): ProcessStatus {
  const { name, instance, host, pid, version, startedAt, lag, lastError } = heartbeat
  return {
    name,
    instance,
    host,
    pid,
    version,
    state: state.toUpperCase() as ProcessStatus['state'],
    startedAt: new Date(startedAt),
    lastSeen: new Date(seenAtMs),
    lag,
    lastError: lastError?.message ?? null,
  }
}

const toShownProblem = ({ code, severity, what, since, remedy }: Problem): ShownProblem => ({
  code,
  severity: severity === 'error' ? 'ERROR' : 'WARNING',
  what,
  since: new Date(since),
  remedy,
})
