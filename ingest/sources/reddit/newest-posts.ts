import type { Logger } from '../../../schema/runtime/logger.ts'
import type { Clock } from '../../http/clock.ts'
import { isRefusal } from '../../http/errors.ts'
import { SuspendedSubreddits } from '../listing/suspended-subreddits.ts'
import { KnownIds } from '../live/known-ids.ts'
import type { ListingClient, Submission } from '../listing/listing-page.ts'
import { WindowReader } from '../listing/window-reader.ts'
import { toNumber } from './id-space.ts'
import { withoutRemoved } from './removal.ts'

/** Where the newest posts of all of Reddit are looked for: the fullest listing first, at last a busy subreddit. */
export const NEWEST_NAMES = ['all', 'popular', 'askreddit'] as const
/** A listing offers ten full pages; some are not full. */
const MAX_PAGES = 12
/** Where fewer ids than this have a listed post, a walk over ids meets less than a listing shows. `r/all` lists about half. */
const DENSE_SHARE = 0.2
const EDGE_SHARE = 0.1
/**
 * Posts that are approved late, or whose ids came long before them, appear in the middle of a listing. Where no walk meets
 * them, the whole listing is read again after so many readings of its top, and before a third of it has moved on.
 */
const READINGS_PER_DEEP = 60
const POSTS_PER_DEEP = 300
/** More than a listing holds. */
const SETTLED_IDS = 2_000
const MAX_WAIT_MS = 300_000

export interface NewestPostsOptions {
  readonly client: ListingClient
  readonly clock: Clock
  readonly logger: Logger
  /** What is stored already. */
  readonly stored: { has(id: string): boolean }
  /** Stores what was not stored yet, oldest first. */
  readonly take: (posts: readonly Submission[]) => Promise<void>
}

/** Reads the newest posts of all of Reddit as listings show them, though they leave some out. */
export class NewestPosts {
  /** Whether the listed posts lie so far apart that a walk over all ids is slower than they come. */
  isSparse = false
  readonly #options: NewestPostsOptions
  readonly #suspended: SuspendedSubreddits
  /** Below these everything that was listed is stored. */
  readonly #settled = new KnownIds(SETTLED_IDS)
  /** The listing that was read last. */
  #name: string = NEWEST_NAMES[0]
  /** A reading of the whole listing that goes on. */
  #deep: WindowReader | undefined
  /** Readings of the top, and new posts that they brought, since the whole listing was read. */
  #readings = 0
  #posts = 0

  constructor(options: NewestPostsOptions) {
    this.#options = options
    this.#suspended = new SuspendedSubreddits(options.clock, options.logger)
  }

  /**
   * Reads and stores one page; where ids are sparse all pages down to what an earlier reading has stored.
   * @returns the newest id, undefined where no listing can be read
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

  /** Whether a page of the whole listing is to be read. */
  get isDeepDue(): boolean {
    const moved = this.#readings >= READINGS_PER_DEEP || this.#posts >= POSTS_PER_DEEP
    return this.isSparse && (this.#deep !== undefined || moved)
  }

  /** Reads and stores one more page of the whole listing. @throws as {@link read} */
  async readDeep(signal: AbortSignal): Promise<void> {
    if (this.#deep === undefined) this.#startOver()
    const window = (this.#deep ??= this.#openWindow(this.#name, true))
    try {
      await this.#options.take(await window.next(signal))
      if (window.end !== undefined) this.#deep = undefined
    } catch (error) {
      this.#deep = undefined
      // The next reading of its top meets the same and deals with it.
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
    if (window.end !== 'settled') this.#startOver()
    const ids = [...window.seen]
    for (const id of ids.toReversed()) this.#settled.add(id)
    return ids.length === 0 ? undefined : Math.max(...ids.map(toNumber))
  }

  #openWindow(name: string, toEnd: boolean): WindowReader {
    const { client, stored } = this.#options
    const [readable, settled] = [withoutRemoved(client), this.#settled]
    return new WindowReader({ client: readable, names: [name], settled, stored: [stored], toEnd, maxPages: MAX_PAGES })
  }

  #startOver(): void {
    this.#readings = 0
    this.#posts = 0
  }
}

/** A few posts from long before, approved late, do not count. */
function isSparse(unordered: readonly number[]): boolean {
  const ids = unordered.toSorted((a, b) => a - b)
  const edge = Math.floor(ids.length * EDGE_SHARE)
  const [lowest, highest] = [ids[edge] ?? 0, ids[ids.length - 1 - edge] ?? 0]
  return ids.length - 2 * edge < DENSE_SHARE * (highest - lowest + 1) && ids.length > 1
}
