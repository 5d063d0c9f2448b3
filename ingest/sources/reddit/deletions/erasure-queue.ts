import type { Logger } from '../../../../schema/runtime/logger.ts'
import type { Clock } from '../../../http/clock.ts'
import type { Eraser, DeletedPost } from '../../live/post-log.ts'

/** How long posts are collected. An erasure reads days of the log, once for any number of posts. */
const GATHER_MS = 300_000
const ENOUGH_POSTS = 5_000
/** The pause after an erasure, as a multiple of the time that it took, so that erasing uses at most a twentieth of the time. */
const REST_FACTOR = 20
const MAX_REST_MS = 3_600_000
const RETRY_MS = 300_000

interface PendingErasure extends DeletedPost {
  readonly reason: string
  /** When its deletion was noticed, on the monotonic clock. */
  readonly sinceMs: number
  readonly whenErased: (() => void)[]
}

export interface ErasureQueueOptions {
  readonly clock: Clock
  readonly logger: Logger
  readonly eraser: Eraser
  /** The time by Reddit's clock, milliseconds since the epoch. */
  readonly nowMs: () => number
  /** Called for each post after it was erased. */
  readonly onErased: (post: DeletedPost) => void
}

/** Collects posts that were deleted on Reddit, and erases them here. */
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

  /** Adds a post. @param whenErased is called after it was erased */
  add(post: DeletedPost, reason: string, whenErased: () => void): void {
    const { id, subreddit, createdUtc } = post
    const before = this.#pending.get(id)
    if (before !== undefined) return void before.whenErased.push(whenErased)
    const sinceMs = this.#options.clock.elapsedMs()
    this.#pending.set(id, { id, subreddit, createdUtc, reason, sinceMs, whenErased: [whenErased] })
  }

  /** Starts to erase the collected posts, if it is time for it and no erasure is running. */
  eraseIfDue(signal: AbortSignal): void {
    if (this.#running !== undefined || this.#pending.size === 0) return
    const now = this.#options.clock.elapsedMs()
    const [oldest] = this.#pending.values()
    const isTime = now - oldest!.sinceMs >= GATHER_MS || this.#pending.size >= ENOUGH_POSTS
    if (!isTime || now < this.#restUntilMs) return
    this.#running = this.#erase(signal).finally(() => (this.#running = undefined))
  }

  /** Resolves when no erasure is running. */
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
      logger.error(
        { err: error, posts: this.#pending.size },
        'could not erase posts that were deleted on Reddit; will retry',
      )
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
    logger.info(figures, 'erased posts that were deleted on Reddit')
  }
}

const middle = (sorted: readonly number[]): number | undefined => sorted[Math.floor(sorted.length / 2)]
