import type { Logger } from '../schema/runtime/logger.ts'
import type { KeylessSource, IngestConfig, RedditSource } from './config.ts'
import { withTimeLimit, type Say } from './check-time-limit.ts'
import { isRefusal } from './http/errors.ts'
import { realWorld, type World } from './http/world.ts'
import { createArchiveClient } from './sources/arctic-shift/arctic-shift.ts'
import { createRedditClient } from './sources/reddit/create-reddit.ts'
import { NEWEST_NAMES } from './sources/reddit/newest-posts.ts'
import type { ListingClient, ListingPage, ListingQuestion } from './sources/listing/listing-page.ts'
import { createFeedClient } from './sources/rss/rss.ts'

/** The second attempt is for a token that turns out to be invalid; a check retries nothing else. */
const MAX_ATTEMPTS = 2
/** The page size that the sources ask for. */
const PAGE = { limit: '100' }
/** How many subreddits are tried at most, because each of them takes a request. */
const MAX_CHECKED = 10

/** The outcome of a check. */
export interface CheckResult {
  readonly works: boolean
  /** One or more sentences for people. */
  readonly text: string
}

/** Whether the settings ask for a check instead of a run. */
export function wantsCheck(source: IngestConfig['source']): source is RedditSource | KeylessSource {
  return 'check' in source && source.check
}

/**
 * Tries a source with its settings and says what works. It stores nothing and takes little more than a minute at most.
 * @param say gets a message about what the check waits for
 */
export async function checkSource(
  source: RedditSource | KeylessSource,
  logger: Logger,
  world: World = realWorld,
  say: Say = writeToStderr,
): Promise<CheckResult> {
  try {
    return await withTimeLimit(world, say, (watched, signal) => {
      const parts: Parts = { logger, world: watched, signal }
      if (source.kind === 'reddit') return checkReddit(source, parts)
      return source.kind === 'rss' ? checkFeed(source, parts) : checkArchive(source, parts)
    })
  } catch (error) {
    return { works: false, text: `It does not work: ${(error as Error).message.trim()}.` }
  }
}

/** Standard output is for the result alone, so waits are announced on standard error. */
const writeToStderr: Say = (text) => void process.stderr.write(`${text}\n`)

interface Parts {
  readonly logger: Logger
  readonly world: World
  readonly signal: AbortSignal
}

/** Prints the result of a check. When the source does not work, the process will exit with 1. */
export function reportCheck({ works, text }: CheckResult): void {
  process.stdout.write(`${text}\n`)
  if (!works) process.exitCode = 1
}

async function checkReddit(source: RedditSource, { logger, world, signal }: Parts): Promise<CheckResult> {
  const client = createRedditClient(source, logger, world, { maxAttempts: MAX_ATTEMPTS })
  const how = source.clientSecret === undefined ? 'as an installed app' : 'with its secret'
  const accepted = `Reddit accepts the client ${source.clientId} ${how}`
  const all = source.subreddits === undefined
  const names = [...(source.subreddits ?? NEWEST_NAMES)]
  const found = await tryEach(client, names.slice(0, MAX_CHECKED), all ? 1 : MAX_CHECKED, signal)
  const { readable, refused } = found
  if (readable.length === 0)
    return { works: false, text: `${accepted}, but it cannot read anything: ${refused.join(', ')}.` }
  const noInfo = await refusalOf(client, { path: '/api/info', query: { id: `t3_${found.postId}` } }, signal)
  if (all && noInfo !== undefined)
    return { works: false, text: `${accepted}, but refuses /api/info (${noInfo}). ${NO_IDS}` }
  const mode = all ? 'all of Reddit can be followed by its ids' : `${readable.join(', ')} can be read`
  const not = refused.length === 0 ? '' : ` Not readable: ${refused.join(', ')}${all ? `; ${readable[0]} is` : ''}.`
  const unnoticed = noInfo === undefined ? '' : ` ${NO_DELETIONS} (${noInfo}).`
  return { works: true, text: `${accepted}; ${mode}.${not}${unnoticed}${all ? '' : uncheckedOf(names)}` }
}

const NO_IDS =
  'Without it, all of Reddit cannot be followed. A list of subreddits can be, but posts deleted on Reddit will not be noticed.'
const NO_DELETIONS = 'Posts deleted on Reddit will not be noticed, because /api/info is refused'

async function checkFeed(source: KeylessSource, { logger, world, signal }: Parts): Promise<CheckResult> {
  const client = createFeedClient(source, logger, world, { maxAttempts: 1 })
  const names = [...source.subreddits]
  let posts = 0
  const question = { path: `/r/${names.join('+')}/new`, query: PAGE }
  const refusal = await refusalOf(client, question, signal, ({ items }) => void (posts = items.length))
  if (refusal === undefined)
    return { works: true, text: `The feed of ${names.join(', ')} can be read: ${posts} posts.` }
  const why = names.length === 1 ? 'it may not exist, or be private' : 'one of them may not exist, or be private'
  return { works: false, text: `The feed of ${names.join(', ')} is refused (${refusal}): ${why}.` }
}

async function checkArchive(source: KeylessSource, { logger, world, signal }: Parts): Promise<CheckResult> {
  const client = createArchiveClient(source, logger, world, { maxAttempts: MAX_ATTEMPTS })
  const [name = ''] = source.subreddits
  let posts: readonly unknown[] = []
  const refusal = await refusing(async () => {
    posts = await client.search(name, Math.floor(client.serverMs / 1_000) - 86_400, signal)
  })
  if (refusal !== undefined) return { works: false, text: `The archive refuses to search r/${name} (${refusal}).` }
  return { works: true, text: `The archive answers: ${posts.length} posts in r/${name} within the last day.` }
}

interface Readable {
  readonly readable: string[]
  readonly refused: string[]
  /** The id of any post that was read, for trying `/api/info`. */
  postId: string
}

/** Tries subreddits until `enough` of them can be read. */
async function tryEach(
  client: ListingClient,
  names: readonly string[],
  enough: number,
  signal: AbortSignal,
): Promise<Readable> {
  const result: Readable = { readable: [], refused: [], postId: '1' }
  for (const name of names) {
    if (result.readable.length >= enough) break
    const question = { path: `/r/${name}/new`, query: PAGE }
    const refusal = await refusalOf(client, question, signal, ({ items }) => {
      result.postId = items[0]?.id ?? result.postId
    })
    if (refusal === undefined) result.readable.push(`r/${name}`)
    else result.refused.push(`r/${name} (${refusal})`)
  }
  return result
}

/** Reads a page. @returns why it is refused; undefined when it is not. @throws UnavailableError, and the signal's reason */
async function refusalOf(
  client: ListingClient,
  question: ListingQuestion,
  signal: AbortSignal,
  onAnswer: (page: ListingPage) => void = () => {},
): Promise<string | undefined> {
  return refusing(async () => onAnswer(await client.readListing(question, signal)))
}

/** @returns why `ask` was refused; undefined when it was not. @throws the other errors of `ask` */
async function refusing(ask: () => Promise<void>): Promise<string | undefined> {
  try {
    await ask()
    return undefined
  } catch (error) {
    if (isRefusal(error)) return error.message.trim()
    throw error
  }
}

const uncheckedOf = (names: readonly string[]): string =>
  names.length <= MAX_CHECKED ? '' : ` The other ${names.length - MAX_CHECKED} were not tried.`
