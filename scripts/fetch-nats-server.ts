import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Fetches a nats-server into an empty folder and returns its path. @throws an error whose message is one line */
export type Fetcher = (work: string) => Promise<string>

/** The version of the official release that is fetched. */
export const RELEASE = '2.15.0'
/** SHA-256 of the release archives, as the official container images (nats-io/nats-docker) pin them. */
const RELEASE_SHA256: Readonly<Record<string, string>> = {
  'linux-amd64': '5d2c51caca950333aba84911df7d377f826f3a59ec36061c6539105084f65c92',
  'linux-arm64': 'cdc208f5a3f42963a52b6ab06ef65626bb870315dc936e26ba571780c6351112',
}
const ANSWER_TIMEOUT_MS = 10_000
const DOWNLOAD_TIMEOUT_MS = 120_000

/** Fetches the official release archive, and compares its checksum before it is unpacked. */
export const fetchFromRelease: Fetcher = async (work) => {
  const platform = `${process.platform}-${process.arch === 'x64' ? 'amd64' : process.arch}`
  const expected = RELEASE_SHA256[platform]
  if (expected === undefined) throw new Error(`no checksum of a release for ${platform} is known`)
  const name = `nats-server-v${RELEASE}-${platform}`
  const archive = await download(
    `https://github.com/nats-io/nats-server/releases/download/v${RELEASE}/${name}.tar.gz`,
  ).catch((error: Error) => {
    throw new Error(`github.com: ${error.cause instanceof Error ? error.cause.message : error.message}`)
  })
  const found = createHash('sha256').update(archive).digest('hex')
  if (found !== expected) throw new Error(`${name}.tar.gz has the SHA-256 ${found}, expected ${expected}`)
  const file = join(work, 'nats-server.tar.gz')
  await writeFile(file, archive)
  await run('tar', ['-xzf', file, '-C', work])
  return join(work, name, 'nats-server')
}

async function download(url: string): Promise<Buffer> {
  const abort = new AbortController()
  // A firewall may drop packets instead of refusing them, so the answer must come within a time limit.
  const timer = setTimeout(() => abort.abort(new Error('no answer')), ANSWER_TIMEOUT_MS)
  const response = await fetch(url, {
    signal: AbortSignal.any([abort.signal, AbortSignal.timeout(DOWNLOAD_TIMEOUT_MS)]),
  })
  clearTimeout(timer)
  if (!response.ok) throw new Error(`answered ${response.status}`)
  return Buffer.from(await response.arrayBuffer())
}

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg'

/**
 * Fetches Debian's package without root, by `apt-get download` with an own sources list. apt checks Debian's signature of
 * the list of packages, and the package's checksum in it. The version is the newest one of Debian, so none is pinned.
 */
export const fetchFromDebian: Fetcher = async (work) => {
  if (!existsSync('/usr/bin/apt-get') || !existsSync(KEYRING)) throw new Error('no apt-get with Debian’s keyring here')
  const options = await prepareApt(work)
  for (const command of [['update'], ['download', 'nats-server']]) {
    await run('apt-get', [...options, '-q', ...command], { cwd: work, maxBuffer: 2 ** 24 })
  }
  const archive = (await readdir(work)).find((name) => name.endsWith('.deb'))
  if (archive === undefined) throw new Error('apt-get downloaded no package')
  const root = join(work, 'root')
  await run('dpkg', ['-x', join(work, archive), root])
  const binary = ['usr/sbin', 'usr/bin'].map((folder) => join(root, folder, 'nats-server')).find(existsSync)
  if (binary === undefined) throw new Error('the package holds no nats-server')
  return binary
}

/** Writes a sources list with the machine's mirror and the suite sid. @returns options that make apt use only that */
async function prepareApt(work: string): Promise<string[]> {
  const [lists, cache, sources] = [join(work, 'lists'), join(work, 'cache'), join(work, 'sources.list')]
  await mkdir(join(lists, 'partial'), { recursive: true })
  await mkdir(join(cache, 'archives', 'partial'), { recursive: true })
  await writeFile(sources, `deb [signed-by=${KEYRING}] ${debianMirror()} sid main\n`)
  return [
    `-oDir::Etc::SourceList=${sources}`,
    // The machine's settings may allow archives without a signature.
    '-oAcquire::AllowInsecureRepositories=false',
    '-oAPT::Get::AllowUnauthenticated=false',
    '-oDir::Etc::SourceParts=/dev/null',
    `-oDir::State::Lists=${lists}`,
    `-oDir::Cache=${cache}`,
    // apt's own user could not write into this folder.
    '-oAPT::Sandbox::User=',
  ]
}

function debianMirror(): string {
  const folder = '/etc/apt/sources.list.d'
  const more = existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : []
  const text = ['/etc/apt/sources.list', ...more]
    .filter((file) => existsSync(file))
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n')
  const mirror = findMirror(text)
  if (mirror === undefined) throw new Error('apt’s sources name no Debian archive')
  return mirror
}

/** The first Debian archive in a sources list of either format, except the one for security updates. */
export function findMirror(sources: string): string | undefined {
  const lines = sources.split('\n').filter((line) => !line.trimStart().startsWith('#'))
  return /https?:\/\/[^\s\]]+\/debian\/?(?=\s|$)/.exec(lines.join('\n'))?.[0]
}
