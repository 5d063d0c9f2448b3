import type { Logger } from '../../../schema/runtime/logger.ts'
import type { KeylessSource } from '../../config.ts'
import { createHttpClient } from '../../http/create-http-client.ts'
import type { World } from '../../http/world.ts'
import { ListingSource } from '../listing/listing.ts'
import type { LiveSource } from '../live/source.ts'
import { FeedClient } from './feed-client.ts'

/** Reddit allows readers without an account about one feed a minute. */
const FEEDS_PER_MINUTE = 1
const LEAST_INTERVAL_MS = 60_000
/** At a minute for each page, reading further back would delay new posts. */
const MAX_PAGES = 4

/**
 * Creates a client.
 * @param maxAttempts how often one feed is attempted; undefined: the default for sources that run on, which also send a refused request
 * once more
 */
export function createFeedClient(
  source: KeylessSource,
  logger: Logger,
  world: World,
  maxAttempts?: number,
): FeedClient {
  const http = createHttpClient({ source, logger, world, maxAttempts }, { perMinute: FEEDS_PER_MINUTE })
  return new FeedClient(http, source.url, maxAttempts === undefined)
}

/** Creates the source that follows a list of subreddits by reading their feeds: their listings of new posts, as Atom. */
export function createRss(source: KeylessSource, logger: Logger, world: World): LiveSource {
  return new ListingSource({
    name: 'rss',
    client: createFeedClient(source, logger, world),
    clock: world.clock,
    subreddits: [...source.subreddits],
    pollIntervalMs: Math.max(source.pollIntervalMs, LEAST_INTERVAL_MS),
    deepIntervalMs: Number.POSITIVE_INFINITY,
    maxPages: MAX_PAGES,
    readsBeyond: false,
  })
}
