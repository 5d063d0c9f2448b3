import { accessSync, constants, statSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { SettingsReader, type Environment } from '../schema/runtime/environment.ts'
import { STANDARD_STREAM } from '../schema/runtime/input-file.ts'
import { readSharedConfig, type SharedConfig } from '../schema/runtime/shared-config.ts'

export interface DumpSource {
  readonly kind: 'dump'
  /** Paths; `-` is standard input. */
  readonly files: readonly string[]
  readonly follow: boolean
  /** In lower case; undefined: all. */
  readonly subreddits: ReadonlySet<string> | undefined
}

export interface DemoSource {
  readonly kind: 'demo'
  readonly seed: string
  /** How much history the first start makes. */
  readonly days: number
  /** Above 1: history passes at this multiple of real time instead of at full speed. */
  readonly speed: number
}

export interface NoSource {
  readonly kind: 'none'
}

export interface IngestConfig extends SharedConfig {
  readonly source: DumpSource | DemoSource | NoSource
}

const SOURCES = ['demo', 'dump', 'none'] as const
const LATER_SOURCES = new Set(['reddit', 'arctic-shift', 'rss'])
const SUBREDDIT = /^[A-Za-z0-9_]{2,24}$/

/** @throws ConfigurationError naming every problem of the environment and of the arguments */
export function readIngestConfig(env: Environment, args: readonly string[]): IngestConfig {
  const read = new SettingsReader(env)
  const shared = readSharedConfig(read)
  const { values, files } = readArguments(read, args)
  const kind = values.source ?? read.string('SOURCE', 'demo')
  if (kind !== 'dump') refuseDumpArguments(read, kind, files, values)
  return read.done({ ...shared, source: readSource(read, kind, files, values) })
}

interface Values {
  readonly source?: string
  readonly subreddits?: string
  readonly follow?: boolean
}

function readArguments(read: SettingsReader, args: readonly string[]): { values: Values; files: string[] } {
  const options = { source: { type: 'string' }, subreddits: { type: 'string' }, follow: { type: 'boolean' } } as const
  const { values, positionals, tokens } = parseArgs({
    args: [...args],
    options,
    allowPositionals: true,
    strict: false,
    tokens: true,
  })
  const text = (name: 'source' | 'subreddits'): string | undefined => {
    const value = values[name]
    if (typeof value === 'boolean') read.problem(`--${name} needs a value`)
    return typeof value === 'string' ? value : undefined
  }
  for (const token of tokens) {
    if (token.kind === 'option' && !Object.hasOwn(options, token.name)) read.problem(`unknown option ${token.rawName}`)
  }
  const [source, subreddits] = [text('source'), text('subreddits')]
  const named = {
    ...(source === undefined ? {} : { source }),
    ...(subreddits === undefined ? {} : { subreddits }),
    follow: values.follow === true,
  }
  return { values: named, files: positionals }
}

function refuseDumpArguments(read: SettingsReader, kind: string, files: readonly string[], values: Values): void {
  if (files.length > 0) read.problem(`files go with --source dump, not with ${kind}: ${files.join(' ')}`)
  if (values.follow === true) read.problem(`--follow goes with --source dump, not with ${kind}`)
  if (values.subreddits !== undefined) read.problem(`--subreddits goes with --source dump, not with ${kind}`)
}

function readSource(read: SettingsReader, kind: string, files: string[], values: Values): IngestConfig['source'] {
  if (kind === 'demo') return readDemo(read)
  if (kind === 'dump') return readDump(read, files, values)
  if (LATER_SOURCES.has(kind)) read.problem(`source ${kind} is not available yet; there are ${SOURCES.join(', ')}`)
  else if (kind !== 'none') read.problem(`unknown source "${kind}"; there are ${SOURCES.join(', ')}`)
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

function readDump(read: SettingsReader, files: string[], values: Values): DumpSource {
  if (files.length === 0) read.problem('name at least one file: npm run ingest -- --source dump FILE… (- for stdin)')
  for (const file of files) checkFile(read, file)
  const follow = values.follow === true
  if (follow && files.length > 1) read.problem('--follow takes one file')
  if (follow && files.includes(STANDARD_STREAM))
    read.problem('--follow needs a file; standard input is read to its end anyway')
  const list = values.subreddits ?? read.optional('SUBREDDITS')
  return { kind: 'dump', files, follow, subreddits: list === undefined ? undefined : readSubreddits(read, list) }
}

function checkFile(read: SettingsReader, file: string): void {
  if (file === STANDARD_STREAM) return
  try {
    if (statSync(file).isDirectory()) read.problem(`${file} is a folder, not a file`)
    accessSync(file, constants.R_OK)
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    read.problem(missing ? `${file} does not exist` : `${file} cannot be read: ${(error as Error).message}`)
  }
}

function readSubreddits(read: SettingsReader, list: string): ReadonlySet<string> {
  const names = list.split(',').map((name) => name.trim().replace(/^\/?r\//, ''))
  for (const name of names) if (!SUBREDDIT.test(name)) read.problem(`"${name}" is no name of a subreddit`)
  return new Set(names.map((name) => name.toLowerCase()))
}
