import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runCommand } from '../schema/runtime/lifecycle.ts'
import { buildWeb } from './build-web.ts'
import { findChromium } from './chromium.ts'
import { findNatsServer } from './nats-server.ts'

interface Report {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly success: boolean
}

await runCommand(async () => {
  const env = { ...process.env, GRAVITAS_NATS_SERVER: await findNatsServer(), CHROMIUM_PATH: await findChromium() }
  await buildWeb()
  const folder = await mkdtemp(join(tmpdir(), 'gravitas-test-'))
  const report = join(folder, 'report.json')
  const args = ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...process.argv.slice(2)]
  const child = spawn(process.execPath, ['node_modules/vitest/vitest.mjs', ...args], { stdio: 'inherit', env })
  const [code] = (await once(child, 'exit')) as [number | null]
  const { numPassedTests: passed, numFailedTests: failed, success } = await readReport(report)
  await rm(folder, { recursive: true, force: true })
  if (code !== 0 || !success || passed === 0) process.exitCode = 1
  // A suite that could not even be loaded fails without a failed test of its own.
  console.log(`${passed} passed, ${failed === 0 && process.exitCode === 1 ? 1 : failed} failed`)
})

async function readReport(file: string): Promise<Report> {
  if (!existsSync(file)) return { numPassedTests: 0, numFailedTests: 0, success: false }
  return JSON.parse(await readFile(file, 'utf8')) as Report
}
