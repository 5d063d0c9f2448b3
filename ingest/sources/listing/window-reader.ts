import { RedirectedError } from '../../http/errors.ts'
import type { KnownIds } from '../live/known-ids.ts'
import type { ListingClient, ListingPage, Submission } from './listing-page.ts'

/** The most posts that Reddit puts on a page. */
export const PAGE_LIMIT = 100
/** A listing offers about a thousand items; where it ends earlier than half of that, it ends by itself. */
const WINDOW_ITEMS = 500
const MAX_HOPS = 2
/** So many known posts in a row at a page's end are known ground: single ones may be pinned or sorted anew. */
const SETTLED_RUN = 5
/** Where to go on when the last post of a page is deleted meanwhile and the next page comes empty. */
const OTHER_ANCHORS = [-2, -20]

export interface WindowOptions {
  readonly client: ListingClient
  /** Subreddits, read together. */
  readonly names: readonly string[]
  /** Posts on known ground: all below them, to the depth of an earlier reading, is stored. */
  readonly settled: KnownIds
  /** Stored as well, but no ground. */
  readonly stored: readonly { has(id: string): boolean }[]
  /** Do not stop at known ground. */
  readonly toEnd: boolean
  /**
   * Seconds since the epoch: known posts that are newer are no ground. Of subreddits that are read together one may have been
   * read later than another, and its posts say nothing about the other's.
   */
  readonly throughUtc?: number
  readonly maxPages: number
}

/** Why a reading ended: known ground, the end of all there is, or the end of what Reddit offers of it. */
type End = 'settled' | 'end' | 'limit'

/** Reads `r/a+b/new` page by page, newest first, until it meets known ground. */
export class WindowReader {
  /** Undefined until the reading has ended. */
  end: End | undefined
  /** Time of about the last post read, seconds since the epoch. */
  oldestUtc = Number.POSITIVE_INFINITY
  /** Time of the newest post read; 0 before there is one. */
  newestUtc = 0
  readonly #options: WindowOptions
  readonly #seen = new Set<string>()
  #path: string
  #after: string | undefined
  #anchors: string[] = []
  #pages = 0
  #stale = 0

  constructor(options: WindowOptions) {
    this.#options = options
    this.#path = `/r/${options.names.join('+')}/new`
  }

  /** Ids of all posts that were met, known ones too, in the order of the reading. */
  get seen(): ReadonlySet<string> {
    return this.#seen
  }

  /**
   * Reads one more page. @returns its posts that are not stored yet, oldest first
   * @throws what {@link ListingClient.readListing} throws
   */
  async next(signal: AbortSignal): Promise<Submission[]> {
    const page = await this.#fetch(signal)
    const fresh = this.#sift(page.items)
    this.#pages++
    this.oldestUtc = Math.min(this.oldestUtc, medianTime(page.items.slice(-SETTLED_RUN)))
    this.newestUtc = Math.max(this.newestUtc, ...page.items.map(({ createdUtc }) => createdUtc ?? 0))
    this.end = this.#judgeEnd(page)
    this.#after = page.after
    this.#anchors = OTHER_ANCHORS.flatMap((at) => page.items.at(at)?.id ?? []).map((id) => `t3_${id}`)
    return fresh.toReversed()
  }

  /**
   * Reads the newest page again, between two pages far below it.
   * @returns its posts that are not stored yet, oldest first, and whether nothing can lie between them and what was read
   * @throws as {@link next}
   */
  async peek(signal: AbortSignal): Promise<{ readonly posts: Submission[]; readonly joins: boolean }> {
    const { settled, stored } = this.#options
    const { items, after } = await this.#get(undefined, signal)
    const met = ({ id }: Submission): boolean => this.#seen.has(id) || settled.has(id)
    const last = items.slice(-SETTLED_RUN)
    const joins = after === undefined || (last.length === SETTLED_RUN && last.every(met))
    const posts = items.filter((item) => !met(item) && !stored.some((ids) => ids.has(item.id)))
    if (joins) for (const { id } of items) this.#seen.add(id)
    return { posts: posts.toReversed(), joins }
  }

  #sift(items: readonly Submission[]): Submission[] {
    const { settled, stored } = this.#options
    const before = this.#seen.size
    const fresh = items.filter(({ id }) => {
      if (this.#seen.has(id)) return false
      this.#seen.add(id)
      return !settled.has(id) && !stored.some((ids) => ids.has(id))
    })
    if (items.length > 0) this.#stale = this.#seen.size === before ? this.#stale + 1 : 0
    return fresh
  }

  /** A page may be empty, or short, because its posts were removed: there is more below it. */
  #judgeEnd(page: ListingPage): End | undefined {
    const { toEnd, maxPages } = this.#options
    if (!toEnd && this.#reachesSettled(page)) return 'settled'
    const more = page.after !== undefined && this.#stale < 2
    if (more && this.#pages < maxPages) return undefined
    return more || this.#seen.size >= WINDOW_ITEMS ? 'limit' : 'end'
  }

  #reachesSettled({ items, after }: ListingPage): boolean {
    const { settled, throughUtc = Number.POSITIVE_INFINITY } = this.#options
    const last = items.slice(-SETTLED_RUN)
    const isWhole = last.length === SETTLED_RUN || (last.length > 0 && after === undefined)
    const isOld = this.oldestUtc <= throughUtc || this.oldestUtc === Number.POSITIVE_INFINITY
    return isWhole && isOld && last.every(({ id }) => settled.has(id))
  }

  async #fetch(signal: AbortSignal): Promise<ListingPage> {
    const page = await this.#get(this.#after, signal)
    if (page.items.length > 0 || page.after !== undefined || this.#after === undefined) return page
    for (const anchor of this.#anchors) {
      const other = await this.#get(anchor, signal)
      if (other.items.length > 0) return other
    }
    return page
  }

  async #get(after: string | undefined, signal: AbortSignal): Promise<ListingPage> {
    const query = { limit: String(PAGE_LIMIT), ...(after === undefined ? {} : { after }) }
    for (let hop = 0; ; hop++) {
      try {
        return await this.#options.client.readListing({ path: this.#path, query }, signal)
      } catch (error) {
        const path = error instanceof RedirectedError ? this.#sameElsewhere(error.path) : undefined
        if (path === undefined || hop >= MAX_HOPS) throw error
        this.#path = path
      }
    }
  }

  /** The path of a redirect to the same subreddits, such as one with a final slash. */
  #sameElsewhere(target: string): string | undefined {
    const [path = ''] = target.split('?')
    const same = redirectedName(target) === this.#options.names.join('+')
    return same && path !== this.#path ? path : undefined
  }
}

/** The subreddit that a redirect leads to, in lower case; undefined when it leads elsewhere. */
export function redirectedName(path: string): string | undefined {
  return /^\/r\/([\w+]+)\/new\b/.exec(path)?.[1]?.toLowerCase()
}

/** Of a few posts, so that one that is pinned or sorted anew does not count. */
function medianTime(items: readonly Submission[]): number {
  const times = items.flatMap(({ createdUtc }) => createdUtc ?? []).sort((a, b) => a - b)
  return times[Math.floor(times.length / 2)] ?? Number.POSITIVE_INFINITY
}
