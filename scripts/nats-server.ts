import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync } from 'node:fs'
import { chmod, copyFile, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { isNewEnough, MINIMUM_VERSION, parseVersion } from '../schema/runtime/check-server.ts'
import { OperationalError } from '../schema/runtime/errors.ts'
import { fetchFromDebian, fetchFromRelease, type Fetcher } from './fetch-nats-server.ts'

const run = promisify(execFile)

/** The SHA-256 of programs that Debian built, for a version and platform. Others are recorded when they are fetched. */
const KNOWN_PROGRAMS = new Set([
  // 2.15.1-1, amd64
  '25379e8f6ff59d0f9b96f06b3572da8c513dfe97fe54f693bb03aa802b87480c',
])
const RECORD = 'nats-server.sha256'

/** Where a nats-server is fetched from, by a name for people. */
type Fetchers = Readonly<Record<string, Fetcher>>
const FETCHERS: Fetchers = {
  'the official release': fetchFromRelease,
  'Debian’s package archive': fetchFromDebian,
}

const cacheFolder = (): string => join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'gravitas')

/**
 * Finds a nats-server that is new enough: at `GRAVITAS_NATS_SERVER` or on the PATH, which are the user's own, or in the
 * cache, where it must still be the program that was fetched. Otherwise fetches the official release or Debian's package
 * into the cache, without root.
 * @throws OperationalError that says what the user can do
 */
export async function findNatsServer(fetchers: Fetchers = FETCHERS): Promise<string> {
  for (const candidate of candidates()) if (isNewEnough(await versionOf(candidate))) return candidate
  const cached = await findCached()
  if (cached !== undefined) return cached
  const problems: string[] = []
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
}

/** The newest program of the cache that is still what was fetched. Another one is removed without being run. */
async function findCached(): Promise<string | undefined> {
  if (!existsSync(cacheFolder())) return undefined
  const names = readdirSync(cacheFolder()).filter((name) => name.startsWith('nats-server-'))
  for (const name of names.sort((a, b) => b.localeCompare(a, 'en', { numeric: true }))) {
    const file = join(cacheFolder(), name, 'nats-server')
    if (!existsSync(file)) continue
    if (!(await isIntact(file))) {
      process.stderr.write(`${file} is not the program that was fetched. It is removed.\n`)
      await rm(join(cacheFolder(), name), { recursive: true, force: true })
    } else if (isNewEnough(await versionOf(file))) return file
  }
  return undefined
}

async function isIntact(file: string): Promise<boolean> {
  const found = await sha256Of(file)
  if (KNOWN_PROGRAMS.has(found)) return true
  return found === (await readFile(join(dirname(file), RECORD), 'utf8').catch(() => '')).trim()
}

const sha256Of = async (file: string): Promise<string> =>
  createHash('sha256')
    .update(await readFile(file))
    .digest('hex')

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
  await writeFile(join(folder, RECORD), `${await sha256Of(incoming)}\n`)
  await rename(incoming, file)
  return file
}
