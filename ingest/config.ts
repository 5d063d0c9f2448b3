import { SettingsReader, type Environment } from '../schema/runtime/environment.ts'
import { findInputProblem, isRegularFile } from '../schema/runtime/input-file.ts'
import { isUserAgent, USER_AGENT_EXAMPLE } from './sources/reddit/user-agent.ts'
import {
  parseSubreddits,
  readIngestArguments,
  refuseForeignArguments,
  SOURCES,
  type IngestArguments,
} from './read-arguments.ts'
import { readSharedConfig, type SharedConfig } from '../schema/runtime/shared-config.ts'

export interface DumpSource {
  readonly kind: 'dump'
  /** Paths of files; `-` is standard input. */
  readonly files: readonly string[]
  readonly follow: boolean
  /** Allows zstd files that take up to 2.2 GB of memory. */
  readonly long: boolean
  /** Names in lower case; undefined: all subreddits. */
  readonly subreddits: ReadonlySet<string> | undefined
}

export interface DemoSource {
  readonly kind: 'demo'
  readonly seed: string
  /** How many days of history the first start generates. */
  readonly days: number
  /** 1: history is published at full speed. Above 1: time passes that many times faster than real time until it reaches the present. */
  readonly speed: number
}

/** The settings that all live sources have. */
interface FollowingSource {
  readonly userAgent: string
  readonly pollIntervalMs: number
  /** Only try whether the source can be read, and store nothing. */
  readonly check: boolean
}

export interface RedditSource extends FollowingSource {
  readonly kind: 'reddit'
  readonly clientId: string
  /** Undefined: an installed app, which has no secret. */
  readonly clientSecret: string | undefined
  /** Names in lower case; undefined: all of Reddit. */
  readonly subreddits: ReadonlySet<string> | undefined
  /** The origin of the token endpoint. */
  readonly authUrl: string
  /** The origin of the API. */
  readonly apiUrl: string
}

/** A source that needs no API key. It reads a list of subreddits. */
export interface KeylessSource extends FollowingSource {
  readonly kind: 'arctic-shift' | 'rss'
  /** Names in lower case. */
  readonly subreddits: ReadonlySet<string>
  /** The origin of its server. */
  readonly url: string
}

export interface NoSource {
  readonly kind: 'none'
}

export interface IngestConfig extends SharedConfig {
  readonly source: DumpSource | DemoSource | RedditSource | KeylessSource | NoSource
}

/** The user agent of keyless sources when none is set. */
const DEFAULT_USER_AGENT = 'node:gravitas:0.1.0'

/**
 * @throws UsageError when an argument is wrong
 * @throws ConfigurationError that names every problem of the environment, and files that cannot be read
 */
export function readIngestConfig(env: Environment, args: readonly string[]): IngestConfig {
  const read = new SettingsReader(env)
  const values = readIngestArguments(args)
  const kind = values.source ?? read.string('SOURCE', 'demo')
  refuseForeignArguments(kind, values)
  return read.done({ ...readSharedConfig(read), source: readSource(read, kind, values) })
}

function readSource(read: SettingsReader, kind: string, values: IngestArguments): IngestConfig['source'] {
  if (kind === 'demo') return readDemo(read)
  if (kind === 'dump') return readDump(read, values)
  if (kind === 'reddit') return readReddit(read, values)
  if (kind === 'arctic-shift' || kind === 'rss') return readKeyless(read, kind, values)
  if (kind !== 'none') read.problem(`unknown source "${kind}"; the sources are ${SOURCES.join(', ')}`)
  return { kind: 'none' }
}

function readDemo(read: SettingsReader): DemoSource {
  return {
    kind: 'demo',
    seed: read.string('DEMO_SEED', 'gravitas'),
    days: read.integer('DEMO_DAYS', 7, { min: 1, max: 3_650 }),
    speed: read.number('DEMO_SPEED', 1, { min: 1, max: 10_000 }),
  }
}

function readDump(read: SettingsReader, values: IngestArguments): DumpSource {
  const { files, follow = false, long = false } = values
  for (const file of files) checkFile(read, file, follow)
  return { kind: 'dump', files, follow, long, subreddits: readSubreddits(read, values) }
}

function readReddit(read: SettingsReader, values: IngestArguments): RedditSource {
  const clientId = required(read, 'REDDIT_CLIENT_ID', 'the id of your app; docs/sources.md says how to get one')
  const userAgent = required(read, 'REDDIT_USER_AGENT', `your client's name, such as "${USER_AGENT_EXAMPLE}"`)
  if (userAgent !== '') checkUserAgent(read, userAgent)
  return {
    kind: 'reddit',
    clientId,
    clientSecret: read.optional('REDDIT_CLIENT_SECRET'),
    subreddits: readSubreddits(read, values),
    authUrl: readOrigin(read, 'REDDIT_AUTH_URL', 'https://www.reddit.com'),
    apiUrl: readOrigin(read, 'REDDIT_API_URL', 'https://oauth.reddit.com'),
    ...readFollowing(read, values, userAgent),
  }
}

function readKeyless(read: SettingsReader, kind: KeylessSource['kind'], values: IngestArguments): KeylessSource {
  const userAgent = read.string('REDDIT_USER_AGENT', DEFAULT_USER_AGENT)
  if (userAgent !== DEFAULT_USER_AGENT) checkUserAgent(read, userAgent)
  const url =
    kind === 'rss'
      ? readOrigin(read, 'REDDIT_RSS_URL', 'https://www.reddit.com')
      : readOrigin(read, 'ARCTIC_SHIFT_URL', 'https://arctic-shift.photon-reddit.com')
  const subreddits = readSubreddits(read, values)
  if (subreddits === undefined) read.problem(`SUBREDDITS (or --subreddits) is needed: ${kind} reads a list of them`)
  return { kind, url, subreddits: subreddits ?? new Set(), ...readFollowing(read, values, userAgent) }
}

function readFollowing(read: SettingsReader, values: IngestArguments, userAgent: string): FollowingSource {
  const pollIntervalMs = read.integer('POLL_INTERVAL_MS', 1_000, { min: 100, max: 3_600_000 })
  return { userAgent, pollIntervalMs, check: values.check === true }
}

/** @param what says what the setting is */
function required(read: SettingsReader, name: string, what: string): string {
  const value = read.optional(name)
  if (value === undefined) read.problem(`${name} is needed: ${what}`)
  return value ?? ''
}

function checkUserAgent(read: SettingsReader, userAgent: string): void {
  if (isUserAgent(userAgent)) return
  const rule = '<platform>:<app id>:<version> (by /u/<your name>)'
  read.problem(`REDDIT_USER_AGENT must read ${rule}, such as "${USER_AGENT_EXAMPLE}", not "${userAgent}"`)
}

function readOrigin(read: SettingsReader, name: string, fallback: string): string {
  const url = new URL(read.url(name, ['http:', 'https:']) ?? fallback)
  const plain = url.pathname === '/' && url.search === '' && url.hash === '' && url.username === ''
  if (!plain) read.problem(`${name} must be an origin such as ${fallback}, without a path, not "${url.href}"`)
  return url.origin
}

function checkFile(read: SettingsReader, file: string, follow: boolean): void {
  const problem = findInputProblem(file)
  if (problem !== undefined) read.problem(problem)
  else if (follow && !isRegularFile(file)) read.problem(`--follow needs a file that grows; ${file} is a pipe`)
}

/** @returns undefined when no list was given */
function readSubreddits(read: SettingsReader, values: IngestArguments): ReadonlySet<string> | undefined {
  if (values.subreddits !== undefined) return values.subreddits
  const list = read.optional('SUBREDDITS')
  if (list === undefined) return undefined
  const { names, wrong } = parseSubreddits(list)
  if (wrong.length > 0) read.problem(`SUBREDDITS has ${wrong.join(', ')}, which cannot be the name of a subreddit`)
  return names
}
