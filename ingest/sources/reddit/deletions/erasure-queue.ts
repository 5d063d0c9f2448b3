import type { Logger } from '../../../../schema/runtime/logger.ts'
import type { Clock } from '../../../http/clock.ts'
import type { Eraser, GonePost } from '../../live/post-log.ts'

/** Erasing looks through days of the log, once for however many posts: they are gathered. */
const GATHER_MS = 300_000
const ENOUGH_POSTS = 5_000
/** So much of the time at most goes into erasing: what took a minute rests for twenty. */
const REST_FACTOR = 20
const MAX_REST_MS = 3_600_000
const RETRY_MS = 300_000

interface PendingErasure extends GonePost {
  readonly reason: string
  /** When Reddit first showed that it is gone, on the monotonic clock. */
  readonly sinceMs: number
  readonly whenErased: (() => void)[]
}

export interface ErasureQueueOptions {
  readonly clock: Clock
  readonly logger: Logger
  readonly eraser: Eraser
  /** Milliseconds since the epoch, by Reddit's clock. */
  readonly nowMs: () => number
  /** Told of each post once it is erased. */
  readonly onErased: (post: GonePost) => void
}

/** Posts that are gone on Reddit, until they are gone here. */
export class ErasureQueue {
  readonly #options: ErasureQueueOptions
  readonly #pending = new Map<string, PendingErasure>()
  #restUntilMs = 0
  #running: Promise<void> | undefined

  constructor(options: ErasureQueueOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#pending.size
  }

  add(post: GonePost, reason: string, whenErased: () => void): void {
    const { id, subreddit, createdUtc } = post
    const before = this.#pending.get(id)
    if (before !== undefined) return void before.whenErased.push(whenErased)
    const sinceMs = this.#options.clock.elapsedMs()
    this.#pending.set(id, { id, subreddit, createdUtc, reason, sinceMs, whenErased: [whenErased] })
  }

  /** Begins to erase what was gathered, if it is time and nothing is being erased. */
  eraseIfDue(signal: AbortSignal): void {
    if (this.#running !== undefined || this.#pending.size === 0) return
    const now = this.#options.clock.elapsedMs()
    const [oldest] = this.#pending.values()
    const isTime = now - oldest!.sinceMs >= GATHER_MS || this.#pending.size >= ENOUGH_POSTS
    if (!isTime || now < this.#restUntilMs) return
    this.#running = this.#erase(signal).finally(() => (this.#running = undefined))
  }

  /** Resolves when nothing is being erased. */
  async finished(): Promise<void> {
    await this.#running
  }

  async #erase(signal: AbortSignal): Promise<void> {
    const { clock, logger } = this.#options
    const startMs = clock.elapsedMs()
    try {
      const byReason = Map.groupBy([...this.#pending.values()], ({ reason }) => reason)
      for (const [reason, posts] of byReason) await this.#eraseAll(posts, reason, signal)
      const tookMs = clock.elapsedMs() - startMs
      this.#restUntilMs = clock.elapsedMs() + Math.min(MAX_REST_MS, tookMs * REST_FACTOR)
    } catch (error) {
      if (signal.aborted) return
      this.#restUntilMs = clock.elapsedMs() + RETRY_MS
      logger.error({ err: error, posts: this.#pending.size }, 'posts that are gone on Reddit could not be erased yet')
    }
  }

  async #eraseAll(posts: readonly PendingErasure[], reason: string, signal: AbortSignal): Promise<void> {
    const { clock, logger, eraser, nowMs, onErased } = this.#options
    await eraser.erase(posts, reason, signal)
    const [elapsedMs, now] = [clock.elapsedMs(), nowMs()]
    const waits = posts.map(({ sinceMs }) => Math.round((elapsedMs - sinceMs) / 1_000)).sort((a, b) => a - b)
    const ages = posts.map(({ createdUtc }) => Math.round(now / 1_000 - createdUtc)).sort((a, b) => a - b)
    for (const post of posts) {
      this.#pending.delete(post.id)
      onErased(post)
      for (const tell of post.whenErased) tell()
    }
    const figures = {
      posts: posts.length,
      reason,
      toErasureS: { median: middle(waits), most: waits.at(-1) },
      ageS: { median: middle(ages), most: ages.at(-1) },
    }
    logger.info(figures, 'erased posts that are gone on Reddit')
  }
}

const middle = (sorted: readonly number[]): number | undefined => sorted[Math.floor(sorted.length / 2)]
