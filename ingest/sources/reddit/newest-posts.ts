import type { Logger } from '../../../schema/runtime/logger.ts'
import type { Clock } from '../../http/clock.ts'
import { isRefusal } from '../../http/errors.ts'
import { SuspendedSubreddits } from '../listing/suspended-subreddits.ts'
import { KnownIds } from '../live/known-ids.ts'
import type { ListingClient, Submission } from '../listing/listing-page.ts'
import { WindowReader } from '../listing/window-reader.ts'
import { toNumber } from './id-space.ts'
import { withoutRemoved } from './removal.ts'

/** The listings in which the newest posts of all of Reddit are looked for: the fullest one first, a busy subreddit last. */
export const NEWEST_NAMES = ['all', 'popular', 'askreddit'] as const
/** A listing has ten full pages, or some more when they are not full. */
const MAX_PAGES = 12
/** Listed posts are dense when at least this share of the ids between them is listed. `r/all` usually lists about half of them. */
const DENSE_SHARE = 0.2
/** This share of the listed ids is left out at either end when their density is measured. */
const EDGE_SHARE = 0.1
/**
 * Some posts appear in the middle of a listing, because they were approved late or got their ids long before. Where ids are sparse,
 * the sweep does not come to them, so the whole listing is read again after this many readings of its top or new posts.
 */
const READINGS_PER_DEEP = 60
const POSTS_PER_DEEP = 300
/** More ids than a listing has posts. */
const SETTLED_IDS = 2_000
/** While no listing can be read, each is retried at least this often. */
const MAX_WAIT_MS = 300_000

export interface NewestPostsOptions {
  readonly client: ListingClient
  readonly clock: Clock
  readonly logger: Logger
  /** The posts that are stored already. */
  readonly stored: { has(id: string): boolean }
  /** Stores posts, which come oldest first. */
  readonly take: (posts: readonly Submission[]) => Promise<void>
}

/** Reads the newest posts of all of Reddit from listings, which leave some posts out. */
export class NewestPosts {
  /** Whether the ids of the listed posts lie so far apart that a sweep over all ids would be slower than new posts come. */
  isSparse = false
  readonly #options: NewestPostsOptions
  readonly #suspended: SuspendedSubreddits
  /** Settled posts: they and everything that was listed below them are stored. */
  readonly #settled = new KnownIds(SETTLED_IDS)
  /** The subreddit whose listing was read last. */
  #name: string = NEWEST_NAMES[0]
  /** The reading of the whole listing that goes on, if there is one. */
  #deep: WindowReader | undefined
  /** How often the top was read since the whole listing was read. */
  #readings = 0
  /** How many new posts those readings found. */
  #posts = 0

  constructor(options: NewestPostsOptions) {
    this.#options = options
    this.#suspended = new SuspendedSubreddits(options.clock, options.logger)
  }

  /**
   * Reads and stores the first page of a listing. Where ids are sparse, it reads on down to settled posts.
   * @returns the newest id; undefined when no listing can be read
   * @throws UnavailableError, what storing throws, and the signal's reason
   */
  async read(signal: AbortSignal): Promise<number | undefined> {
    for (const name of NEWEST_NAMES) {
      if (this.#suspended.isWaiting(name)) continue
      try {
        const newest = await this.#readName(name, signal)
        this.#suspended.resume(name)
        if (newest !== undefined) return newest
      } catch (error) {
        if (!isRefusal(error)) throw error
        this.#suspended.suspend(name, error.message)
      }
    }
    this.#suspended.retryWithin(MAX_WAIT_MS)
    return undefined
  }

  /** Whether it is time to read a page of the whole listing. */
  get isDeepDue(): boolean {
    const moved = this.#readings >= READINGS_PER_DEEP || this.#posts >= POSTS_PER_DEEP
    return this.isSparse && (this.#deep !== undefined || moved)
  }

  /** Reads and stores one more page of the whole listing. @throws as {@link read} */
  async readDeep(signal: AbortSignal): Promise<void> {
    if (this.#deep === undefined) this.#resetCounts()
    const window = (this.#deep ??= this.#openWindow(this.#name, true))
    try {
      await this.#options.take(await window.next(signal))
      if (window.end !== undefined) this.#deep = undefined
    } catch (error) {
      this.#deep = undefined
      // The next reading from the top will meet the same error and handle it.
      if (!isRefusal(error)) throw error
    }
  }

  async #readName(name: string, signal: AbortSignal): Promise<number | undefined> {
    const window = this.#openWindow(name, false)
    while (window.end === undefined) {
      const posts = await window.next(signal)
      await this.#options.take(posts)
      this.#posts += posts.length
      this.isSparse = isSparse([...window.seen].map(toNumber))
      if (!this.isSparse) break
    }
    this.#name = name
    this.#readings++
    if (window.end !== 'settled') this.#resetCounts()
    const ids = [...window.seen]
    for (const id of ids.toReversed()) this.#settled.add(id)
    return ids.length === 0 ? undefined : Math.max(...ids.map(toNumber))
  }

  #openWindow(name: string, toEnd: boolean): WindowReader {
    const { client, stored } = this.#options
    const [readable, settled] = [withoutRemoved(client), this.#settled]
    return new WindowReader({ client: readable, names: [name], settled, stored: [stored], toEnd, maxPages: MAX_PAGES })
  }

  #resetCounts(): void {
    this.#readings = 0
    this.#posts = 0
  }
}

/** Whether few of the ids between the given ones are among them. Outliers, such as old posts that were approved late, do not count. */
function isSparse(unordered: readonly number[]): boolean {
  const ids = unordered.toSorted((a, b) => a - b)
  const edge = Math.floor(ids.length * EDGE_SHARE)
  const [lowest, highest] = [ids[edge] ?? 0, ids[ids.length - 1 - edge] ?? 0]
  return ids.length - 2 * edge < DENSE_SHARE * (highest - lowest + 1) && ids.length > 1
}
