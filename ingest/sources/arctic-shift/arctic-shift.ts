import { toIsoTime } from '../../../schema/hours.ts'
import type { Health } from '../../../schema/heartbeat.ts'
import type { Logger } from '../../../schema/runtime/logger.ts'
import type { KeylessSource } from '../../config.ts'
import type { Clock } from '../../http/clock.ts'
import { isRefusal, UnavailableError } from '../../http/errors.ts'
import { createHttpClient, type ClientOptions } from '../../http/create-http-client.ts'
import type { World } from '../../http/world.ts'
import { SuspendedSubreddits } from '../listing/suspended-subreddits.ts'
import type { LiveSource, SourceContext } from '../live/source.ts'
import { untilStopped } from '../live/until-stopped.ts'
import { wasDeletedLater } from '../../to-post-event.ts'
import { ArchiveClient, SEARCH_LIMIT, type ArchivedPost } from './archive-client.ts'
import { ArchivePosition, KEY } from './archive-position.ts'

const REQUESTS_PER_MINUTE = 90
const LEAST_INTERVAL_MS = 10_000
const FIRST_LOOKBACK_S = 86_400
const SAVE_INTERVAL_MS = 5_000
const REPORT_INTERVAL_MS = 60_000
/**
 * After this many full pages in a row without a new post, a subreddit is not read on. Two such pages are normal when a page holds
 * the posts of one second only, and the archive returns that second again.
 */
const MAX_REPEATED_PAGES = 3

/** Creates a client. */
export function createArchiveClient(
  source: KeylessSource,
  logger: Logger,
  world: World,
  options: ClientOptions = {},
): ArchiveClient {
  const http = createHttpClient({ source, logger, world, ...options }, { perMinute: REQUESTS_PER_MINUTE })
  return new ArchiveClient(http, source.url)
}

/**
 * Creates the source that follows a list of subreddits in the archive. It goes on where it stopped. The first start begins a day
 * back, or at the last page of a subreddit that had less than a page of posts since.
 */
export function createArcticShift(source: KeylessSource, logger: Logger, world: World, health?: Health): LiveSource {
  const client = createArchiveClient(source, logger, world, { health })
  const pollIntervalMs = Math.max(source.pollIntervalMs, LEAST_INTERVAL_MS)
  const options = { client, clock: world.clock, subreddits: [...source.subreddits], pollIntervalMs }
  return {
    name: KEY,
    run: async (context) => new ArchiveRun(options, context, await ArchivePosition.load(context.positions)).run(),
  }
}

interface ArchiveOptions {
  readonly client: ArchiveClient
  readonly clock: Clock
  readonly subreddits: readonly string[]
  readonly pollIntervalMs: number
}

interface Page {
  readonly posts: ArchivedPost[]
  /** Whether more posts may follow. */
  readonly isFull: boolean
}

class ArchiveRun {
  readonly #options: ArchiveOptions
  readonly #context: SourceContext
  readonly #position: ArchivePosition
  readonly #suspended: SuspendedSubreddits
  /** Subreddits that are not read on, which was logged. */
  readonly #stalled = new Set<string>()
  readonly #startMs: number
  #savedMs: number
  #reportedMs: number

  constructor(options: ArchiveOptions, context: SourceContext, position: ArchivePosition) {
    this.#options = options
    this.#context = context
    this.#position = position
    this.#suspended = new SuspendedSubreddits(options.clock, context.logger)
    this.#startMs = this.#savedMs = this.#reportedMs = options.clock.elapsedMs()
  }

  async run(): Promise<void> {
    const { clock, subreddits, pollIntervalMs } = this.#options
    const { signal } = this.#context
    const step = async (): Promise<void> => {
      const startMs = clock.elapsedMs()
      for (const name of subreddits) if (!this.#suspended.isWaiting(name)) await this.#tryRead(name)
      if (clock.elapsedMs() - this.#reportedMs >= REPORT_INTERVAL_MS) await this.#report()
      await this.#save()
      await clock.sleep(startMs + pollIntervalMs - clock.elapsedMs(), signal)
    }
    await untilStopped(signal, step, () => this.#save())
  }

  async #tryRead(name: string): Promise<void> {
    try {
      await this.#read(name)
      this.#suspended.resume(name)
    } catch (error) {
      if (isRefusal(error)) this.#suspended.suspend(name, error.message)
      else if (!(error instanceof UnavailableError)) throw error
      else
        this.#context.logger.error({ subreddit: name, reason: error.message }, 'could not read the archive; will retry')
    }
  }

  async #read(name: string): Promise<void> {
    const { client, clock } = this.#options
    const startMs = clock.elapsedMs()
    const from = this.#position.searchFrom(name)
    const since = from ?? Math.floor(client.serverMs / 1_000) - FIRST_LOOKBACK_S
    const first = await this.#search(name, since)
    this.#position.hours.begin(name, since, Math.floor(client.serverMs / 1_000))
    const isQuiet = from === undefined && first.posts.length === 0
    if (from === undefined && first.posts.length < SEARCH_LIMIT) await this.#addNewest(name, first.posts)
    // When a subreddit had no post within the first lookback, the search goes on from its last post, however old that is.
    const newest = isQuiet ? Math.max(...first.posts.map(timeOf), 0) : 0
    if (await this.#readOn(name, newest > 0 ? Math.min(newest, since) : since, first)) {
      this.#position.hours.readTo(name, Math.floor((client.serverMs - clock.elapsedMs() + startMs) / 1_000))
    } else if (!this.#stalled.has(name)) {
      this.#stalled.add(name)
      this.#context.logger.error(
        { subreddit: name },
        'the archive returns the same posts again and again; later posts cannot be read',
      )
    }
  }

  /** Searches the archive. Posts from before the time are dropped, in case the archive ignores the time that it was asked for. */
  async #search(name: string, afterUtc: number): Promise<Page> {
    const found = await this.#options.client.search(name, afterUtc, this.#context.signal)
    const posts = found.filter((post) => timeOf(post) === 0 || timeOf(post) >= afterUtc)
    return { posts, isFull: found.length >= SEARCH_LIMIT }
  }

  /** Adds the newest posts of a subreddit, however old they are. Used at the first start when the last day has less than a page. */
  async #addNewest(name: string, posts: ArchivedPost[]): Promise<void> {
    const there = new Set(posts.map(idOf))
    const newest = await this.#options.client.searchNewest(name, this.#context.signal)
    posts.unshift(...newest.filter((post) => !there.has(idOf(post))).toReversed())
  }

  /**
   * Stores a page and all pages that follow it.
   * @param sinceUtc the time from which the first page was searched, seconds since the epoch
   * @returns false when it gave up, because the archive kept returning the same posts
   */
  async #readOn(name: string, sinceUtc: number, first: Page): Promise<boolean> {
    let [after, page, repeatedPages] = [sinceUtc, first, 0]
    for (;;) {
      const last = Math.floor(Math.max(...page.posts.map(timeOf), after))
      await this.#store(name, page.posts, last)
      if (this.#options.clock.elapsedMs() - this.#savedMs >= SAVE_INTERVAL_MS) await this.#save()
      if (!page.isFull) return true
      if (Math.min(...page.posts.map(timeOf)) >= last) await this.#recordFullSecond(name, last)
      // The last second may have more posts on the next page. A page of only one second would be returned again, so it is skipped.
      after = last - 1 > after ? last - 1 : Math.max(last, after + 1)
      const seen = new Set(page.posts.map(idOf))
      page = await this.#search(name, after)
      repeatedPages = page.isFull && page.posts.every((post) => seen.has(idOf(post))) ? repeatedPages + 1 : 0
      if (repeatedPages >= MAX_REPEATED_PAGES) return false
    }
  }

  /** Records a coverage gap for a second that fills a whole page, because no search returns further posts of that second. */
  async #recordFullSecond(name: string, utc: number): Promise<void> {
    const [from, until] = [toIsoTime(utc), toIsoTime(utc + 1)]
    await this.#context.recordGap({ of: name, from, until, reason: 'more posts in a second than the archive shows' })
  }

  async #store(name: string, posts: readonly ArchivedPost[], throughUtc: number): Promise<void> {
    const position = this.#position
    const fresh = posts.filter((post) => !position.isStored(name, idOf(post)) && !wasDeletedLater(post))
    await this.#context.sink.store(fresh, this.#options.client.serverMs)
    for (const post of fresh) position.hours.count(name, timeOf(post))
    position.advance(name, throughUtc, new Map(posts.map((post) => [idOf(post), timeOf(post)])))
  }

  /** Reports on the hours of the subreddits that can be read. After a crash some reports are repeated, with the same content. */
  async #report(): Promise<void> {
    const { client, clock, subreddits } = this.#options
    const { hours } = this.#position
    const nowMs = clock.elapsedMs()
    this.#reportedMs = nowMs
    const nowUtc = client.serverMs / 1_000
    const readable = subreddits.filter((name) => !this.#suspended.has(name))
    const reports = hours.due(readable, nowUtc, nowUtc - (nowMs - this.#startMs) / 1_000)
    await this.#context.report(reports)
    hours.reported(reports, nowUtc)
  }

  async #save(): Promise<void> {
    this.#savedMs = this.#options.clock.elapsedMs()
    await this.#position.save()
  }
}

const idOf = (post: ArchivedPost): string => String(post['id'])

/** The time of a post, seconds since the epoch; 0 when it has none. */
const timeOf = (post: ArchivedPost): number => Number(post['created_utc']) || 0
