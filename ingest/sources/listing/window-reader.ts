import { RedirectedError } from '../../http/errors.ts'
import type { KnownIds } from '../live/known-ids.ts'
import type { ListingClient, ListingPage, Submission } from './listing-page.ts'

/** The most posts that Reddit puts on a page. */
export const PAGE_LIMIT = 100
/** Reddit lists about a thousand items. A listing that ends before half of that has no older posts. */
const WINDOW_ITEMS = 500
const MAX_REDIRECTS = 2
/** A reading stops when a page ends with this many settled posts. A single one may be pinned, or its place may have changed. */
const SETTLED_RUN = 5
/** After which other posts of a page to go on when its last post was deleted, since then the next page is empty. */
const OTHER_ANCHORS = [-2, -20]

export interface WindowOptions {
  readonly client: ListingClient
  /** The subreddits that are read together. */
  readonly names: readonly string[]
  /** Settled posts: they and all posts below them, as far as an earlier reading went, are stored. */
  readonly settled: KnownIds
  /** Other stored posts. They are not read again, but a reading does not stop at them. */
  readonly stored: readonly { has(id: string): boolean }[]
  /** Whether to read on below settled posts, to the end of the window. */
  readonly toEnd: boolean
  /**
   * A reading does not stop at settled posts that are newer than this, seconds since the epoch. One of the subreddits may have been
   * read up to a later time than another, and its settled posts say nothing about the other's posts.
   */
  readonly throughUtc?: number
  readonly maxPages: number
}

/** Where a reading ended: at settled posts, after the oldest post, or where Reddit (or `maxPages`) lets it read no further. */
type End = 'settled' | 'end' | 'limit'

/**
 * Reads a listing such as `r/a+b/new` page by page, newest post first, until it meets settled posts. The window of a listing is what
 * Reddit shows of it: about the thousand newest posts.
 */
export class WindowReader {
  /** Undefined until the reading has ended. */
  end: End | undefined
  /** About the time of the last post that was read, seconds since the epoch; infinity before there is one. */
  oldestUtc = Number.POSITIVE_INFINITY
  /** The time of the newest post that was read, seconds since the epoch; 0 before there is one. */
  newestUtc = 0
  readonly #options: WindowOptions
  readonly #seen = new Set<string>()
  #path: string
  #after: string | undefined
  #anchors: string[] = []
  #pages = 0
  /** How many pages in a row had no post that was not on an earlier page. */
  #repeatedPages = 0

  constructor(options: WindowOptions) {
    this.#options = options
    this.#path = `/r/${options.names.join('+')}/new`
  }

  /** The ids of all posts on the pages read so far, stored ones too, in the order in which they were read. */
  get seen(): ReadonlySet<string> {
    return this.#seen
  }

  /**
   * Reads one more page. @returns those of its posts that are not stored yet, oldest first
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
   * Reads the newest page again, between two pages further down.
   * @returns those of its posts that are not stored yet, oldest first; `joins` says whether the page reaches down to posts that were
   * read before, so that no unread posts lie in between
   * @throws as {@link next}
   */
  async peek(signal: AbortSignal): Promise<{ readonly posts: Submission[]; readonly joins: boolean }> {
    const { settled, stored } = this.#options
    const { items, after } = await this.#get(undefined, signal)
    const wasRead = ({ id }: Submission): boolean => this.#seen.has(id) || settled.has(id)
    const last = items.slice(-SETTLED_RUN)
    const joins = after === undefined || (last.length === SETTLED_RUN && last.every(wasRead))
    const posts = items.filter((item) => !wasRead(item) && !stored.some((ids) => ids.has(item.id)))
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
    if (items.length > 0) this.#repeatedPages = this.#seen.size === before ? this.#repeatedPages + 1 : 0
    return fresh
  }

  /** A page that is empty or short does not end a reading: some of its posts may have been removed, and others lie below it. */
  #judgeEnd(page: ListingPage): End | undefined {
    const { toEnd, maxPages } = this.#options
    if (!toEnd && this.#reachesSettled(page)) return 'settled'
    const more = page.after !== undefined && this.#repeatedPages < 2
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
    for (let redirects = 0; ; redirects++) {
      try {
        return await this.#options.client.readListing({ path: this.#path, query }, signal)
      } catch (error) {
        const path = error instanceof RedirectedError ? this.#sameElsewhere(error.path) : undefined
        if (path === undefined || redirects >= MAX_REDIRECTS) throw error
        this.#path = path
      }
    }
  }

  /** The target of a redirect that leads to the same subreddits, such as the same path with a final slash. */
  #sameElsewhere(target: string): string | undefined {
    const [path = ''] = target.split('?')
    const same = redirectedName(target) === this.#options.names.join('+')
    return same && path !== this.#path ? path : undefined
  }
}

/** The subreddits of a listing that a redirect leads to, in lower case; undefined when it does not lead to a listing. */
export function redirectedName(path: string): string | undefined {
  return /^\/r\/([\w+]+)\/new\b/.exec(path)?.[1]?.toLowerCase()
}

/** The median time of some posts. A single pinned post does not change it. */
function medianTime(items: readonly Submission[]): number {
  const times = items.flatMap(({ createdUtc }) => createdUtc ?? []).sort((a, b) => a - b)
  return times[Math.floor(times.length / 2)] ?? Number.POSITIVE_INFINITY
}
