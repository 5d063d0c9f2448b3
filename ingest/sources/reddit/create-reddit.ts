import type { Health } from '../../../schema/heartbeat.ts'
import type { Logger } from '../../../schema/runtime/logger.ts'
import type { RedditSource } from '../../config.ts'
import { createHttpClient, type ClientOptions } from '../../http/create-http-client.ts'
import type { World } from '../../http/world.ts'
import type { ListingClient } from '../listing/listing-page.ts'
import { ListingSource } from '../listing/listing.ts'
import { runTogether } from '../live/run-together.ts'
import type { LiveSource } from '../live/source.ts'
import { AccessToken } from './access-token.ts'
import { RedditClient } from './client.ts'
import { DeletionWatch } from './deletions/deletion-watch.ts'
import { withoutRemoved } from './removal.ts'
import { SweepSource } from './sweep.ts'

/** Reddit allows a hundred. Some room is left, because requests may arrive closer together than they were sent. */
const REQUESTS_PER_MINUTE = 95
/** The window of `x-ratelimit-*` is ten minutes. */
const REQUESTS_PER_WINDOW = 1_000

/** A listing has ten full pages, or more pages when some are not full. */
const MAX_PAGES = 20
/** After this many readings of its top, the whole window is read, to find posts that were approved late and appear in its middle. */
const POLLS_PER_DEEP_READING = 60
const [LEAST_DEEP_INTERVAL_MS, MAX_DEEP_INTERVAL_MS] = [60_000, 600_000]

/** Creates a client. */
export function createRedditClient(
  source: RedditSource,
  logger: Logger,
  world: World,
  options: ClientOptions = {},
): RedditClient {
  const http = createHttpClient(
    { source, logger, world, ...options },
    { perMinute: REQUESTS_PER_MINUTE, perWindow: REQUESTS_PER_WINDOW },
  )
  return new RedditClient(http, new AccessToken(http, source), source.apiUrl)
}

/**
 * Creates the source for Reddit's API. A list of subreddits is read from listings; without a list, all of Reddit is read by its
 * post ids. Requests that the rate limit has to spare are used to check stored posts for deletion.
 */
export function createReddit(source: RedditSource, logger: Logger, world: World, health?: Health): LiveSource {
  const client = createRedditClient(source, logger, world, { health })
  const sweep = new SweepSource({ client, clock: world.clock, pollIntervalMs: source.pollIntervalMs })
  const reader =
    source.subreddits === undefined ? sweep : createListing(source, source.subreddits, withoutRemoved(client), world)
  const watch = new DeletionWatch({
    client: client.inSpareTime(),
    clock: world.clock,
    onErased: ({ createdUtc }) => sweep.noteDeleted(createdUtc),
  })
  return {
    name: reader.name,
    run: (context) => {
      const { postLog } = context
      const read = (signal: AbortSignal): Promise<void> => reader.run({ ...context, signal })
      if (postLog === undefined) return read(context.signal)
      return runTogether(context.signal, [read, (signal) => watch.run({ ...context, signal }, postLog)])
    },
  }
}

function createListing(
  { pollIntervalMs }: RedditSource,
  subreddits: ReadonlySet<string>,
  client: ListingClient,
  { clock }: World,
): LiveSource {
  return new ListingSource({
    name: 'reddit',
    client,
    clock,
    pollIntervalMs,
    subreddits: [...subreddits],
    deepIntervalMs: Math.min(
      MAX_DEEP_INTERVAL_MS,
      Math.max(LEAST_DEEP_INTERVAL_MS, pollIntervalMs * POLLS_PER_DEEP_READING),
    ),
    maxPages: MAX_PAGES,
    readsBeyond: true,
  })
}
