import type { Logger } from '../../../schema/runtime/logger.ts'
import type { ArchiveSource } from '../../config.ts'
import type { Clock } from '../../http/clock.ts'
import { RedirectedError, RefusedError, UnavailableError } from '../../http/errors.ts'
import { HttpClient } from '../../http/http-client.ts'
import { RateLimiter } from '../../http/rate-limiter.ts'
import type { World } from '../../http/world.ts'
import { Holds } from '../listing/holds.ts'
import { KnownIds } from '../listing/known-ids.ts'
import type { LiveSource, PositionStore, SourceContext } from '../live/source.ts'
import { wasDeletedLater } from '../../to-post-event.ts'
import { ArchiveClient, SEARCH_LIMIT, type ArchivedPost } from './archive-client.ts'

const KEY = 'arctic-shift'
const REQUESTS_PER_MINUTE = 90
const LEAST_INTERVAL_MS = 10_000
const FIRST_LOOKBACK_S = 86_400
/** The archive takes posts up a little out of order. */
const OVERLAP_S = 300
const KNOWN_IDS = 50_000
const SAVE_INTERVAL_MS = 5_000

/** @param maxAttempts exchanges tried for one search; undefined: as many as a source that runs on tries */
export function createArchiveClient(
  source: ArchiveSource,
  logger: Logger,
  { clock, fetch, random }: World,
  maxAttempts?: number,
): ArchiveClient {
  const limiter = new RateLimiter(clock, { perMinute: REQUESTS_PER_MINUTE })
  const options = { clock, fetch, random, limiter, logger, userAgent: source.userAgent }
  const http = new HttpClient(maxAttempts === undefined ? options : { ...options, maxAttempts })
  return new ArchiveClient(http, source.url)
}

/** Follows a list of subreddits through the archive, from where it stopped or from a day ago. */
export function createArcticShift(source: ArchiveSource, logger: Logger, world: World): LiveSource {
  const client = createArchiveClient(source, logger, world)
  const pollIntervalMs = Math.max(source.pollIntervalMs, LEAST_INTERVAL_MS)
  const options = { client, clock: world.clock, subreddits: [...source.subreddits], pollIntervalMs }
  return {
    name: KEY,
    run: async (context) => new ArchiveRun(options, context, await readThrough(context.positions)).run(),
  }
}

interface ArchiveOptions {
  readonly client: ArchiveClient
  readonly clock: Clock
  readonly subreddits: readonly string[]
  readonly pollIntervalMs: number
}

interface Stored {
  /** By subreddit: the time of the last stored post, seconds since the epoch. */
  readonly through: Readonly<Record<string, number>>
}

async function readThrough(positions: PositionStore): Promise<Map<string, number>> {
  return new Map(Object.entries((await positions.read<Stored>(KEY))?.through ?? {}))
}

class ArchiveRun {
  readonly #options: ArchiveOptions
  readonly #context: SourceContext
  readonly #through: Map<string, number>
  readonly #known = new KnownIds(KNOWN_IDS)
  readonly #holds: Holds
  #savedMs: number

  constructor(options: ArchiveOptions, context: SourceContext, through: Map<string, number>) {
    this.#options = options
    this.#context = context
    this.#through = through
    this.#holds = new Holds(options.clock, context.logger)
    this.#savedMs = options.clock.elapsedMs()
  }

  async run(): Promise<void> {
    const { clock, subreddits, pollIntervalMs } = this.#options
    const { signal } = this.#context
    try {
      while (!signal.aborted) {
        const startMs = clock.elapsedMs()
        for (const name of subreddits) if (!this.#holds.holds(name)) await this.#tryRead(name)
        await this.#save()
        await clock.sleep(startMs + pollIntervalMs - clock.elapsedMs(), signal)
      }
    } catch (error) {
      if (!signal.aborted) throw error
    } finally {
      await this.#save()
    }
  }

  async #tryRead(name: string): Promise<void> {
    try {
      await this.#read(name)
      this.#holds.lift(name)
    } catch (error) {
      if (error instanceof RefusedError || error instanceof RedirectedError) this.#holds.put(name, error.message)
      else if (!(error instanceof UnavailableError)) throw error
      else this.#context.logger.error({ subreddit: name, reason: error.message }, 'archive not read')
    }
  }

  async #read(name: string): Promise<void> {
    const { client, clock } = this.#options
    const through = this.#through.get(name)
    let after = through === undefined ? Math.floor(client.serverMs / 1_000) - FIRST_LOOKBACK_S : through - OVERLAP_S
    for (;;) {
      const posts = await client.search(name, after, this.#context.signal)
      await this.#store(posts)
      const last = Math.floor(Math.max(...posts.map(timeOf), after))
      this.#through.set(name, Math.max(this.#through.get(name) ?? 0, last))
      if (clock.elapsedMs() - this.#savedMs >= SAVE_INTERVAL_MS) await this.#save()
      if (posts.length < SEARCH_LIMIT) return
      // The last second may go on in the next page; a page that is all one second must not come again.
      after = last - 1 > after ? last - 1 : Math.max(last, after + 1)
    }
  }

  async #store(posts: readonly ArchivedPost[]): Promise<void> {
    const fresh = posts.filter((post) => !this.#known.has(idOf(post)) && !wasDeletedLater(post))
    await this.#context.sink.store(fresh, this.#options.client.serverMs)
    for (const post of posts) this.#known.add(idOf(post))
  }

  async #save(): Promise<void> {
    this.#savedMs = this.#options.clock.elapsedMs()
    const position: Stored = { through: Object.fromEntries(this.#through) }
    await this.#context.positions.save(KEY, position)
  }
}

const idOf = (post: ArchivedPost): string => String(post['id'])

/** Seconds since the epoch; 0 where a post has no time. */
const timeOf = (post: ArchivedPost): number => Number(post['created_utc']) || 0
