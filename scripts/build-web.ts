import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { glob, readFile, rm } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { OperationalError } from '../schema/runtime/errors.ts'
import { takePidFile } from './pid-file.ts'

const STAMP = 'web/build/.stamp'
const LOCK = 'node_modules/.gravitas-web-build.pid'
const LOCK_POLL_MS = 250
const SOURCES = ['web/src/**', 'web/static/**', 'web/*.{ts,json}', 'schema/api.graphql', 'package-lock.json']

/**
 * Builds the web app unless there is a build of the present sources. When several processes call this at once, one builds.
 * @throws OperationalError when the build fails
 */
export async function buildWeb(): Promise<void> {
  if (await isCurrent()) return
  while ((await takePidFile(LOCK)) !== undefined) await pause(LOCK_POLL_MS)
  try {
    const digest = await digestOfSources()
    if (readStamp() === digest) return
    await runBuild()
    writeFileSync(STAMP, digest)
  } finally {
    await rm(LOCK, { force: true })
  }
}

const isCurrent = async (): Promise<boolean> => readStamp() === (await digestOfSources())

const readStamp = (): string | undefined => (existsSync(STAMP) ? readFileSync(STAMP, 'utf8') : undefined)

async function runBuild(): Promise<void> {
  process.stderr.write('Building the web app …\n')
  const child = spawn(process.execPath, ['../node_modules/vite/bin/vite.js', 'build', '--logLevel', 'warn'], {
    cwd: 'web',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += String(chunk)))
  const [code] = (await once(child, 'close')) as [number | null]
  if (code !== 0) throw new OperationalError(`The web app did not build:\n${output}`)
}

async function digestOfSources(): Promise<string> {
  const files = (await Array.fromAsync(glob(SOURCES, { withFileTypes: true })))
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath}/${entry.name}`)
    .sort()
  const hash = createHash('sha256')
  for (const file of files) hash.update(file.replace(process.cwd(), '')).update(await readFile(file))
  return hash.digest('hex')
}
