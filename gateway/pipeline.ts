import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import type { Pipeline, ProjectionStatus, StreamStatus } from '../schema/generated/api.ts'
import { DEAD, MODELS, POSTS, SCORES, type StreamName } from '../schema/subjects.ts'
import { meanSeriousness, standardDeviation } from '../schema/seriousness.ts'
import type { ReadModels } from './read-models.ts'
import type { ShownModel } from './shown-model.ts'

const REFRESH_MS = 500
const STREAMS: readonly StreamName[] = [POSTS, SCORES, MODELS, DEAD]

/** How the machinery is doing. Asks the log at most twice a second, however often it is read. */
export class PipelineReader {
  readonly #models: ReadModels
  readonly #shown: ShownModel
  #jsm: JetStreamManager | undefined
  #streams: StreamStatus[] = []
  #readAtMs = -REFRESH_MS

  constructor(models: ReadModels, shown: ShownModel) {
    this.#models = models
    this.#shown = shown
  }

  async follow(connection: NatsConnection): Promise<void> {
    this.#jsm = await jetstreamManager(connection, { checkAPI: false })
  }

  async read(): Promise<Pipeline> {
    const streams = await this.#readStreams()
    const model = this.#shown.name
    const { posts, sum, sumOfSquares } = (model !== undefined && this.#models.allTime.queries?.total(model)) || {
      posts: 0,
      sum: 0,
      sumOfSquares: 0,
    }
    const sources = this.#models.posts.queries?.sources() ?? []
    return {
      model: this.#shown.promoted ?? null,
      posts: sources.reduce((total, source) => total + source.posts, 0),
      sources,
      allTime: {
        posts,
        mean: meanSeriousness(sum, posts),
        standardDeviation: standardDeviation(sum, sumOfSquares, posts),
      },
      streams,
      projections: this.projections(),
    }
  }

  projections(): ProjectionStatus[] {
    return this.#models.all().map(([name, { database }]) => {
      const checkpoints =
        database?.prepare<[], { stream: string; sequence: number }>('SELECT stream, sequence FROM checkpoints').all() ??
        []
      const holes = database?.prepare<[], number>('SELECT count(*) FROM holes').pluck().get() ?? 0
      return { name, holes, checkpoints, lag: this.#lagOf(name, checkpoints) }
    })
  }

  /** hourly and all-time see only erasures of POSTS: their lag is that behind SCORES. */
  #lagOf(name: string, checkpoints: readonly { stream: string; sequence: number }[]): number {
    const followed = name === 'posts' ? [POSTS, SCORES] : [SCORES]
    return followed.reduce((lag, stream) => {
      const last = this.#streams.find((status) => status.name === stream)?.lastSequence ?? 0
      const applied = checkpoints.find((checkpoint) => checkpoint.stream === stream)?.sequence ?? 0
      return lag + Math.max(0, last - applied)
    }, 0)
  }

  async #readStreams(): Promise<StreamStatus[]> {
    const jsm = this.#jsm
    if (jsm === undefined || performance.now() - this.#readAtMs < REFRESH_MS) return this.#streams
    this.#readAtMs = performance.now()
    const infos = await Promise.allSettled(STREAMS.map((name) => jsm.streams.info(name)))
    const found = infos.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
    this.#streams = found.map(({ config, state }) => ({
      name: config.name,
      messages: state.messages,
      bytes: state.bytes,
      lastSequence: state.last_seq,
    }))
    return this.#streams
  }
}
