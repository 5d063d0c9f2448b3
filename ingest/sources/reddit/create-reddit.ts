import type { Logger } from '../../../schema/runtime/logger.ts'
import type { RedditSource } from '../../config.ts'
import { HttpClient } from '../../http/http-client.ts'
import { RateLimiter } from '../../http/rate-limiter.ts'
import type { World } from '../../http/world.ts'
import { ListingSource } from '../listing/listing.ts'
import type { LiveSource } from '../live/source.ts'
import { AccessToken } from './access-token.ts'
import { RedditClient } from './client.ts'
import { SweepSource } from './sweep.ts'

/** Reddit allows a hundred; some room is left for what the network brings closer together. */
const REQUESTS_PER_MINUTE = 95
/** The window of `x-ratelimit-*` is ten minutes. */
const REQUESTS_PER_WINDOW = 1_000

/** A listing offers ten full pages; some are not full. */
const MAX_PAGES = 20
/** Posts that are approved late appear in the middle of a listing; ten pages every ten minutes find them. */
const DEEP_INTERVAL_MS = 600_000

/** @param maxAttempts exchanges tried for one request; undefined: as many as a source that runs on tries */
export function createRedditClient(
  source: RedditSource,
  logger: Logger,
  { clock, fetch, random }: World,
  maxAttempts?: number,
): RedditClient {
  const limiter = new RateLimiter(clock, { perMinute: REQUESTS_PER_MINUTE, perWindow: REQUESTS_PER_WINDOW })
  const options = { clock, fetch, random, limiter, logger, userAgent: source.userAgent }
  const http = new HttpClient(maxAttempts === undefined ? options : { ...options, maxAttempts })
  return new RedditClient(http, new AccessToken(http, source), source.apiUrl)
}

/** Listings for a list of subreddits, a sweep over all ids without one. */
export function createReddit(source: RedditSource, logger: Logger, world: World): LiveSource {
  const client = createRedditClient(source, logger, world)
  const { clock } = world
  const { subreddits, pollIntervalMs } = source
  if (subreddits === undefined) return new SweepSource({ client, clock, pollIntervalMs })
  return new ListingSource({
    name: 'reddit',
    client,
    clock,
    pollIntervalMs,
    subreddits: [...subreddits],
    deepIntervalMs: DEEP_INTERVAL_MS,
    maxPages: MAX_PAGES,
    readsBeyond: true,
  })
}
