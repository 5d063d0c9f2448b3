import { execFile } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { chmod, copyFile, mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { isNewEnough, MINIMUM_VERSION, parseVersion } from '../schema/runtime/check-server.ts'
import { OperationalError } from '../schema/runtime/errors.ts'
import { fetchFromDebian, fetchFromRelease, type Fetcher } from './fetch-nats-server.ts'

const run = promisify(execFile)

const cacheFolder = (): string => join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'gravitas')

/**
 * Finds a nats-server that is new enough: at `GRAVITAS_NATS_SERVER`, on the PATH, in the cache. Otherwise fetches the
 * official release or Debian's package into the cache, without root.
 * @throws OperationalError that says what the user can do
 */
export async function findNatsServer(): Promise<string> {
  for (const candidate of candidates()) if (isNewEnough(await versionOf(candidate))) return candidate
  const problems: string[] = []
  const fetchers: Record<string, Fetcher> = {
    'the official release': fetchFromRelease,
    'Debian’s package archive': fetchFromDebian,
  }
  for (const [from, fetcher] of Object.entries(fetchers)) {
    process.stderr.write(`Fetching nats-server from ${from} …\n`)
    try {
      return await fetchIntoCache(fetcher)
    } catch (error) {
      problems.push(`${from}: ${(error as Error).message.split('\n')[0]!}`)
    }
  }
  throw new OperationalError(explain(problems))
}

function explain(problems: readonly string[]): string {
  const minimum = MINIMUM_VERSION.join('.')
  return [
    `No nats-server ${minimum} or later was found, and fetching one did not work:`,
    ...problems.map((problem) => `  - ${problem}`),
    'You can do one of three things:',
    `  1. install nats-server ${minimum} or later (macOS: brew install nats-server) and put it on the PATH, or set GRAVITAS_NATS_SERVER to its path;`,
    '  2. set NATS_URL to a server that runs elsewhere, with JetStream on;',
    '  3. make github.com, or on Debian and Ubuntu a Debian mirror, reachable and run the same command again.',
  ].join('\n')
}

function* candidates(): Generator<string> {
  const named = process.env['GRAVITAS_NATS_SERVER']
  if (named) yield named
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const file = join(folder, 'nats-server')
    if (folder !== '' && existsSync(file)) yield file
  }
  if (!existsSync(cacheFolder())) return
  const cached = readdirSync(cacheFolder()).filter((name) => name.startsWith('nats-server-'))
  const newestFirst = cached.sort((a, b) => b.localeCompare(a, 'en', { numeric: true }))
  for (const name of newestFirst) yield join(cacheFolder(), name, 'nats-server')
}

async function versionOf(binary: string): Promise<number[] | undefined> {
  try {
    const { stdout } = await run(binary, ['--version'])
    return parseVersion(stdout)
  } catch {
    return undefined
  }
}

async function fetchIntoCache(fetcher: Fetcher): Promise<string> {
  const work = await mkdtemp(join(tmpdir(), 'gravitas-fetch-'))
  try {
    return await keep(await fetcher(work))
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

/** Moves a fetched binary to its place in one step, so that another process never sees an incomplete file. */
async function keep(binary: string): Promise<string> {
  const version = await versionOf(binary)
  if (version === undefined) throw new Error('the fetched program does not run on this machine')
  if (!isNewEnough(version)) throw new Error(`nats-server ${version.join('.')} is too old`)
  const folder = join(cacheFolder(), `nats-server-${version.join('.')}`)
  await mkdir(folder, { recursive: true })
  const file = join(folder, 'nats-server')
  const incoming = `${file}.${process.pid}`
  await copyFile(binary, incoming)
  await chmod(incoming, 0o755)
  await rename(incoming, file)
  return file
}
