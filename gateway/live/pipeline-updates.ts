import type { Pipeline } from '../../schema/generated/api.ts'
import type { Logger } from '../../schema/runtime/logger.ts'
import type { PipelineReader } from '../log/pipeline.ts'
import { Feeds, type Feed } from './feed.ts'

/** Sends the state of the pipeline at once and then every second. It is read once for all subscribers. */
export class PipelineUpdates {
  readonly #reader: PipelineReader
  readonly #logger: Logger
  readonly #feeds = new Feeds<Pipeline>()
  #latest: Pipeline | undefined

  constructor(reader: PipelineReader, logger: Logger) {
    this.#reader = reader
    this.#logger = logger
  }

  get subscribers(): number {
    return this.#feeds.size
  }

  open(): Feed<Pipeline> {
    this.#latest = this.#reader.read()
    let seen: Pipeline | undefined
    return this.#feeds.open(() => {
      if (this.#latest === undefined || this.#latest === seen) return []
      return [(seen = this.#latest)]
    })
  }

  /** Called once a second. */
  poll(): void {
    if (this.#feeds.size === 0) return
    try {
      this.#latest = this.#reader.read()
      this.#feeds.wake()
    } catch (error) {
      this.#logger.debug({ err: error }, 'cannot read the state of the pipeline')
    }
  }

  end(): void {
    this.#feeds.end()
  }
}
