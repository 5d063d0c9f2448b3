import type { NatsConnection } from '@nats-io/transport-node'
import { type ChangeNotice, changesSubject } from '../../schema/read-models.ts'
import type { Logger } from '../../schema/runtime/logger.ts'
import { ChangedSubreddits } from './changed-subreddits.ts'
import { PipelineUpdates } from './pipeline-updates.ts'
import { ScoredPosts, type LiveSources } from './scored-posts.ts'
import type { PipelineReader } from '../log/pipeline.ts'

const POLL_INTERVAL_MS = 1_000

/**
 * Sends changes to subscribers. The projectors' change notices only say that there is something to read: after a lost
 * notice, the next notice or the read once a second finds the changes.
 */
export class LiveUpdates implements Disposable {
  readonly scored: ScoredPosts
  readonly subreddits: ChangedSubreddits
  readonly pipeline: PipelineUpdates
  readonly #logger: Logger
  readonly #timer: NodeJS.Timeout

  constructor(sources: LiveSources & { readonly pipeline: PipelineReader }) {
    this.scored = new ScoredPosts(sources)
    this.subreddits = new ChangedSubreddits(sources)
    this.pipeline = new PipelineUpdates(sources.pipeline, sources.logger)
    this.#logger = sources.logger
    this.#timer = setInterval(() => this.#poll(), POLL_INTERVAL_MS)
    this.#timer.unref()
    sources.shown.onChange(() => this.#onModelChanged())
  }

  /** Open subscriptions by field, for the metrics. */
  get subscribers(): Readonly<Record<string, number>> {
    return {
      postScored: this.scored.subscribers,
      subredditUpdated: this.subreddits.subscribers,
      pipelineUpdated: this.pipeline.subscribers,
    }
  }

  async follow(connection: NatsConnection): Promise<void> {
    connection.subscribe(changesSubject('*'), {
      callback: (error, message) => {
        if (error !== null) return this.#logger.warn({ err: error }, 'cannot follow change notices')
        this.#onNotice(message.data)
      },
    })
    await this.scored.follow(connection)
  }

  /** Ends every subscription. */
  end(): void {
    clearInterval(this.#timer)
    this.scored.end()
    this.subreddits.end()
    this.pipeline.end()
  }

  [Symbol.dispose](): void {
    this.end()
  }

  #onNotice(data: Uint8Array): void {
    try {
      const notice = JSON.parse(Buffer.from(data).toString()) as ChangeNotice
      if (notice.projection === 'posts') this.scored.advance()
      else this.subreddits.onNotice(notice)
    } catch (error) {
      this.#logger.warn({ err: error }, 'invalid change notice')
    }
  }

  #onModelChanged(): void {
    this.scored.promoted()
    this.#guard(() => this.subreddits.poll(true))
  }

  #poll(): void {
    this.#guard(() => this.scored.poll())
    this.#guard(() => this.subreddits.poll())
    this.pipeline.poll()
  }

  #guard(look: () => void): void {
    try {
      look()
    } catch (error) {
      this.#logger.error({ err: error }, 'cannot read changes')
    }
  }
}
