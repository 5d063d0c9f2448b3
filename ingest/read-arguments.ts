import { InvalidArgumentError, Option } from 'commander'
import { defineCommand, readArguments, refuseArguments } from '../schema/runtime/command.ts'
import { LONG_OPTION } from '../schema/runtime/input-failure.ts'
import { STANDARD_STREAM } from '../schema/runtime/input-file.ts'

export const SOURCES = ['demo', 'dump', 'reddit', 'arctic-shift', 'rss', 'none'] as const
/** Sources that take a list of subreddits. */
const WITH_SUBREDDITS = ['dump', 'reddit', 'arctic-shift', 'rss']
/** Sources whose settings can be tried. */
const CHECKABLE = ['reddit', 'arctic-shift', 'rss']
const SUBREDDIT = /^[A-Za-z0-9_]{2,24}$/

export interface IngestArguments {
  readonly source?: (typeof SOURCES)[number]
  /** In lower case. */
  readonly subreddits?: ReadonlySet<string>
  readonly follow?: true
  readonly long?: true
  readonly check?: true
  readonly files: readonly string[]
}

const command = defineCommand({
  name: 'ingest',
  summary: 'Reads one source of posts into the log. A source runs until it is stopped; files end when they are read.',
  settings: [
    'SOURCE',
    'SUBREDDITS',
    'DEMO_DAYS',
    'DEMO_SEED',
    'DEMO_SPEED',
    'POLL_INTERVAL_MS',
    'REDDIT_CLIENT_ID',
    'REDDIT_CLIENT_SECRET',
    'REDDIT_USER_AGENT',
    'NATS_URL',
    'NATS_ALLOW_PLAINTEXT',
    'NATS_PORT',
    'DATA_DIR',
    'LOG_LEVEL',
  ],
  examples: [
    'npm run ingest -- --source dump --long RS_2026-01.zst more.ndjson.gz',
    'npm run ingest -- --source dump growing.ndjson --follow',
    'npm run ingest -- --source rss --subreddits askscience,memes',
    'npm run ingest -- --source reddit --check',
  ],
})
  .argument('[files...]', 'with --source dump: files of posts, NDJSON, plain, gzip or zstd; - is standard input')
  .addOption(new Option('--source <name>', 'where posts come from; by default SOURCE').choices(SOURCES))
  .option('--subreddits <names>', 'only these subreddits, separated by commas; by default SUBREDDITS', readSubreddits)
  .option('--follow', 'with --source dump: waits for more at the end of the file')
  .option(...LONG_OPTION)
  .option('--check', 'tries the settings of a source on the net, stores nothing and ends')

/** @throws UsageError */
export function readIngestArguments(args: readonly string[]): IngestArguments {
  const { options, operands } = readArguments<Omit<IngestArguments, 'files'>, [string[]]>(command, args)
  return { ...options, files: operands[0] }
}

/** @param kind the source that is read, whether an argument or a setting named it. @throws UsageError */
export function refuseForeignArguments(
  kind: string,
  { subreddits, follow, long, check, files }: IngestArguments,
): void {
  const isDump = kind === 'dump'
  const problems: string[] = []
  const needs = (what: string, sources: readonly string[]): void => {
    if (!sources.includes(kind)) problems.push(`${what} with --source ${sources.join(', ')}, not with ${kind}.`)
  }
  if (files.length > 0) needs(`Files (${files.join(' ')}) go`, ['dump'])
  if (follow === true) needs('--follow goes', ['dump'])
  if (long === true) needs('--long goes', ['dump'])
  if (subreddits !== undefined) needs('--subreddits goes', WITH_SUBREDDITS)
  if (check === true) needs('--check goes', CHECKABLE)
  if (isDump && files.length === 0) problems.push('Name at least one file, or - for standard input.')
  if (isDump && follow === true && files.length > 1) problems.push('--follow takes one file.')
  if (isDump && follow === true && files.includes(STANDARD_STREAM))
    problems.push('--follow needs a file; standard input is read to its end anyway.')
  refuseArguments(command, problems)
}

function readSubreddits(list: string): ReadonlySet<string> {
  const { names, wrong } = parseSubreddits(list)
  if (wrong.length > 0) throw new InvalidArgumentError(`${wrong.join(', ')} cannot be the name of a subreddit.`)
  return names
}

/** Names separated by commas, with or without `r/`: the right ones in lower case, the wrong ones quoted. */
export function parseSubreddits(list: string): { names: ReadonlySet<string>; wrong: readonly string[] } {
  const names = list.split(',').map((name) => name.trim().replace(/^\/?r\//, ''))
  const wrong = names.filter((name) => !SUBREDDIT.test(name)).map((name) => JSON.stringify(name))
  return { names: new Set(names.map((name) => name.toLowerCase())), wrong }
}
