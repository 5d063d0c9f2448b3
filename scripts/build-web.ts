import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { glob, readFile } from 'node:fs/promises'
import { OperationalError } from '../schema/runtime/errors.ts'

const STAMP = 'web/build/.stamp'
const SOURCES = ['web/src/**', 'web/static/**', 'web/*.{ts,json}', 'schema/api.graphql', 'package-lock.json']

/** Builds the web app unless the build is of the sources as they are. @throws OperationalError when the build fails */
export async function buildWeb(): Promise<void> {
  const digest = await digestOfSources()
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === digest) return
  process.stderr.write('Building the web app …\n')
  const child = spawn(process.execPath, ['../node_modules/vite/bin/vite.js', 'build', '--logLevel', 'warn'], {
    cwd: 'web',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += String(chunk)))
  const [code] = (await once(child, 'exit')) as [number | null]
  if (code !== 0) throw new OperationalError(`The web app did not build:\n${output}`)
  writeFileSync(STAMP, digest)
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
