import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { OperationalError } from '../schema/runtime/errors.ts'

const run = promisify(execFile)
const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']

/**
 * Finds Chromium for the browser tests: at `CHROMIUM_PATH` or on the PATH. As root on Debian or Ubuntu it is installed.
 * @throws OperationalError that says what to install
 */
export async function findChromium(): Promise<string> {
  const found = search()
  if (found !== undefined) return found
  if (existsSync('/usr/bin/apt-get') && process.getuid?.() === 0) {
    process.stderr.write('Installing Chromium for the browser tests …\n')
    const options = { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }, maxBuffer: 2 ** 26 }
    await run('apt-get', ['-q', 'update'], options).catch(() => {})
    await run('apt-get', ['-q', 'install', '-y', '--no-install-recommends', 'chromium'], options).catch(() => {})
    const installed = search()
    if (installed !== undefined) return installed
  }
  throw new OperationalError(
    'The browser tests need Chromium. Install it (Debian and Ubuntu: sudo apt-get install chromium) or set CHROMIUM_PATH to a Chromium or Chrome.',
  )
}

function search(): string | undefined {
  const named = process.env['CHROMIUM_PATH']
  if (named && existsSync(named)) return named
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/bin']
  return folders.flatMap((folder) => NAMES.map((name) => join(folder, name))).find(existsSync)
}
