import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { OperationalError } from '../schema/runtime/errors.ts'
import { digestFiles } from './digest-files.ts'
import { generateTypes } from './generate-types.ts'
import { takePidFile } from './pid-file.ts'

const STAMP = 'web/build/.stamp'
const LOCK = 'node_modules/.gravitas-web-build.pid'
const LOCK_POLL_MS = 250
const SOURCES = {
  patterns: [
    'web/src/**',
    'web/static/**',
    'web/*.{ts,json}',
    'schema/*.graphql',
    'codegen.ts',
    'package-lock.json',
    'scripts/write-graphiql.ts',
  ],
  exclude: ['web/src/lib/generated/**'],
}

/**
 * Builds the web app unless the build is up to date. When several processes call this at once, one of them builds.
 * @throws OperationalError when the build fails
 */
export async function buildWeb(): Promise<void> {
  if (await isCurrent()) return
  while ((await takePidFile(LOCK)) !== undefined) await pause(LOCK_POLL_MS)
  try {
    const digest = await digestFiles(SOURCES)
    if (readStamp() === digest) return
    await generateTypes()
    await runBuild()
    writeFileSync(STAMP, digest)
  } finally {
    await rm(LOCK, { force: true })
  }
}

const isCurrent = async (): Promise<boolean> => readStamp() === (await digestFiles(SOURCES))

const readStamp = (): string | undefined => (existsSync(STAMP) ? readFileSync(STAMP, 'utf8') : undefined)

async function runBuild(): Promise<void> {
  process.stderr.write('Building the web app …\n')
  await run('web', ['../node_modules/vite/bin/vite.js', 'build', '--logLevel', 'warn'])
  await run('.', ['scripts/write-graphiql.ts'])
}

async function run(cwd: string, args: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += String(chunk)))
  const [code] = (await once(child, 'close')) as [number | null]
  if (code !== 0) throw new OperationalError(`The web app did not build:\n${output}`)
}
