import type { Logger } from '../schema/runtime/logger.ts'
import type { ArchiveSource, IngestConfig, RedditSource } from './config.ts'
import { RedirectedError, RefusedError } from './http/errors.ts'
import { realWorld, type World } from './http/world.ts'
import { createArchiveClient } from './sources/arctic-shift/arctic-shift.ts'
import { createRedditClient } from './sources/reddit/create-reddit.ts'
import type { ListingClient } from './sources/listing/listing-page.ts'
import { createFeedClient } from './sources/rss/rss.ts'

/** A token that turns out to be stale is replaced once; more is not waited for. */
const MAX_ATTEMPTS = 2
/** Each subreddit costs a request. */
const MAX_CHECKED = 10

/** What a check found. */
export interface CheckResult {
  readonly works: boolean
  /** A sentence for people, or a few. */
  readonly text: string
}

/** Whether settings ask for a check, of a source that can be checked. */
export function wantsCheck(source: IngestConfig['source']): source is RedditSource | ArchiveSource {
  return 'check' in source && source.check
}

/** Tries a source with its settings and says what works. Stores nothing. */
export async function checkSource(
  source: RedditSource | ArchiveSource,
  logger: Logger,
  world: World = realWorld,
): Promise<CheckResult> {
  try {
    if (source.kind === 'reddit') return await checkReddit(source, logger, world)
    return await (source.kind === 'rss' ? checkFeed : checkArchive)(source, logger, world)
  } catch (error) {
    return { works: false, text: `It does not work: ${(error as Error).message}.` }
  }
}

/** Prints what a check found; the process ends with 1 when it does not work. */
export function reportCheck({ works, text }: CheckResult): void {
  process.stdout.write(`${text}\n`)
  if (!works) process.exitCode = 1
}

async function checkReddit(source: RedditSource, logger: Logger, world: World): Promise<CheckResult> {
  const client = createRedditClient(source, logger, world, MAX_ATTEMPTS)
  const names = source.subreddits === undefined ? ['all'] : [...source.subreddits]
  const { readable, refused } = await tryEach(client, names.slice(0, MAX_CHECKED))
  const how = source.clientSecret === undefined ? 'as an installed app' : 'with its secret'
  const accepted = `Reddit accepts the client ${source.clientId} ${how}`
  if (readable.length === 0)
    return { works: false, text: `${accepted}, but lets it read nothing: ${refused.join(', ')}.` }
  const mode =
    source.subreddits === undefined ? 'all of Reddit can be followed by its ids' : `${readable.join(', ')} can be read`
  const not = refused.length === 0 ? '' : ` Not readable: ${refused.join(', ')}.`
  return { works: true, text: `${accepted}; ${mode}.${not}${uncheckedOf(names)}` }
}

async function checkFeed(source: ArchiveSource, logger: Logger, world: World): Promise<CheckResult> {
  const client = createFeedClient(source, logger, world, 1)
  const names = [...source.subreddits]
  const query = { limit: '25' }
  const path = `/r/${names.join('+')}/new`
  const { items } = await client.readListing({ path, query }, never())
  return { works: true, text: `The feed of ${names.join(', ')} can be read: ${items.length} posts.` }
}

async function checkArchive(source: ArchiveSource, logger: Logger, world: World): Promise<CheckResult> {
  const client = createArchiveClient(source, logger, world, MAX_ATTEMPTS)
  const [name = ''] = source.subreddits
  const posts = await client.search(name, Math.floor(client.serverMs / 1_000) - 86_400, never())
  return { works: true, text: `The archive answers: ${posts.length} posts in r/${name} within the last day.` }
}

interface Readable {
  readonly readable: string[]
  readonly refused: string[]
}

async function tryEach(client: ListingClient, names: readonly string[]): Promise<Readable> {
  const result: Readable = { readable: [], refused: [] }
  for (const name of names) {
    try {
      await client.readListing({ path: `/r/${name}/new`, query: { limit: '1' } }, never())
      result.readable.push(`r/${name}`)
    } catch (error) {
      if (!(error instanceof RefusedError || error instanceof RedirectedError)) throw error
      result.refused.push(`r/${name} (${error.message.trim()})`)
    }
  }
  return result
}

const uncheckedOf = (names: readonly string[]): string =>
  names.length <= MAX_CHECKED ? '' : ` The other ${names.length - MAX_CHECKED} were not tried.`

const never = (): AbortSignal => new AbortController().signal
