import type { Pipeline, ProjectionStatus, StreamStatus } from '../schema/generated/api.ts'
import { describeStandstill } from '../schema/scoring-models.ts'
import { COVERAGE, POSTS, SCORES, type StreamName } from '../schema/streams.ts'
import { meanSeriousness, standardDeviation } from '../schema/seriousness.ts'
import type { LogStatus } from './log-status.ts'
import type { ReadModels } from './read-models.ts'
import type { ScoringModels } from './scoring-models.ts'
import type { ShownModel } from './shown-model.ts'

const REFRESH_MS = 500
const STUCK_MS = 60_000
const NOTHING = { posts: 0, sum: 0, sumOfSquares: 0 }

export interface PipelineSources {
  readonly models: ReadModels
  readonly shown: ShownModel
  readonly scoring: ScoringModels
  readonly log: LogStatus
}

/** How the machinery is doing. Reads at most twice a second, however often it is asked. */
export class PipelineReader {
  readonly #models: ReadModels
  readonly #shown: ShownModel
  readonly #scoring: ScoringModels
  readonly #log: LogStatus
  /** By projection: how far it was when it last moved, and when that was. */
  readonly #moved = new Map<string, { position: string; atMs: number }>()
  #reading: Promise<Pipeline> | undefined
  #readAtMs = Number.NEGATIVE_INFINITY

  constructor({ models, shown, scoring, log }: PipelineSources) {
    this.#models = models
    this.#shown = shown
    this.#scoring = scoring
    this.#log = log
  }

  /** @throws READ_MODEL_UNAVAILABLE */
  read(): Promise<Pipeline> {
    const now = performance.now()
    if (this.#reading !== undefined && now - this.#readAtMs < REFRESH_MS) return this.#reading
    this.#readAtMs = now
    return (this.#reading = this.#read())
  }

  /** How far each read model is. */
  async readProjections(): Promise<ProjectionStatus[]> {
    await this.#log.read()
    return this.projections()
  }

  /** How far each read model is, by what is known of the streams. */
  projections(): ProjectionStatus[] {
    return this.#models.all().map(([name, file]) => {
      const { checkpoints, holes } = file.status ?? { checkpoints: [], holes: 0 }
      return { name, holes, checkpoints, lag: lagOf(name, checkpoints, this.#log.streams) }
    })
  }

  /** Read models that are behind the log and have not moved for a minute, in words. */
  stuck(): string[] {
    return this.projections().flatMap(({ name, lag, checkpoints }) => {
      const position = JSON.stringify(checkpoints)
      const last = this.#moved.get(name)
      if (lag === 0 || last?.position !== position) this.#moved.set(name, { position, atMs: performance.now() })
      else if (performance.now() - last.atMs > STUCK_MS)
        return `${name}.db is ${lag} events behind and has not moved for a minute: is its projector running?`
      return []
    })
  }

  /** What keeps nothing from being answered and yet should be known, in words. */
  notices(): string[] {
    const standstill = describeStandstill(this.#shown.promoted, this.#scoring.names)
    return standstill === undefined ? [] : [standstill]
  }

  async #read(): Promise<Pipeline> {
    const streams = await this.#log.read()
    const model = this.#shown.name
    const total = model === undefined ? undefined : this.#models.allTime.queries?.total(model)
    const { posts, sum, sumOfSquares } = total ?? NOTHING
    const sources = this.#models.posts.queries?.sources() ?? []
    return {
      model: this.#shown.promoted ?? null,
      posts: sources.reduce((all, source) => all + source.posts, 0),
      sources,
      allTime: {
        posts,
        mean: meanSeriousness(sum, posts),
        standardDeviation: standardDeviation(sum, sumOfSquares, posts),
      },
      streams: [...streams],
      projections: this.projections(),
      notices: this.notices(),
    }
  }
}

/** hourly and all-time see only erasures of POSTS: how far they are in it says nothing about their lag. */
const FOLLOWED: Readonly<Record<string, readonly StreamName[]>> = {
  posts: [POSTS, SCORES],
  hourly: [SCORES, COVERAGE],
  'all-time': [SCORES],
}

function lagOf(
  name: string,
  checkpoints: readonly { readonly stream: string; readonly sequence: number }[],
  streams: readonly StreamStatus[],
): number {
  return (FOLLOWED[name] ?? []).reduce((lag, stream) => {
    const last = streams.find((status) => status.name === stream)?.lastSequence ?? 0
    const applied = checkpoints.find((checkpoint) => checkpoint.stream === stream)?.sequence ?? 0
    return lag + Math.max(0, last - applied)
  }, 0)
}
