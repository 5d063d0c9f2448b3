import type { Health } from '../../../schema/heartbeat.ts'
import type { Logger } from '../../../schema/runtime/logger.ts'
import type { KeylessSource } from '../../config.ts'
import { createHttpClient, type ClientOptions } from '../../http/create-http-client.ts'
import type { World } from '../../http/world.ts'
import { ListingSource } from '../listing/listing.ts'
import type { LiveSource } from '../live/source.ts'
import { FeedClient } from './feed-client.ts'

/** Reddit allows readers without an account about one feed a minute. */
const FEEDS_PER_MINUTE = 1
const LEAST_INTERVAL_MS = 60_000
/** At a minute for each page, reading further back would delay new posts. */
const MAX_PAGES = 4

/** Creates a client. With the default number of attempts, it also sends a refused request once more. */
export function createFeedClient(
  source: KeylessSource,
  logger: Logger,
  world: World,
  options: ClientOptions = {},
): FeedClient {
  const http = createHttpClient({ source, logger, world, ...options }, { perMinute: FEEDS_PER_MINUTE })
  return new FeedClient(http, source.url, options.maxAttempts === undefined)
}

/** Creates the source that follows a list of subreddits by reading their feeds: their listings of new posts, as Atom. */
export function createRss(source: KeylessSource, logger: Logger, world: World, health?: Health): LiveSource {
  return new ListingSource({
    name: 'rss',
    client: createFeedClient(source, logger, world, { health }),
    clock: world.clock,
    subreddits: [...source.subreddits],
    pollIntervalMs: Math.max(source.pollIntervalMs, LEAST_INTERVAL_MS),
    deepIntervalMs: Number.POSITIVE_INFINITY,
    maxPages: MAX_PAGES,
    readsBeyond: false,
  })
}
