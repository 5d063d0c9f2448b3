import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defineCommand, readArguments, repeated } from '../schema/runtime/command.ts'
import { runCommand } from '../schema/runtime/lifecycle.ts'
import { buildWeb } from './build-web.ts'
import { findChromium } from './chromium.ts'
import { findNatsServer } from './nats-server.ts'

interface Report {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly success: boolean
}

const KINDS = ['unit', 'integration', 'browser']

const command = defineCommand({
  name: 'test',
  summary:
    'Sets up everything that is missing, then runs the unit tests, integration tests with a real nats-server, and browser tests.',
  settings: ['GRAVITAS_NATS_SERVER', 'CHROMIUM_PATH', 'FUZZ_SECONDS', 'SEED'],
  examples: [
    'npm test',
    'npm test -- --project unit scorer/',
    'FUZZ_SECONDS=60 npm test -- fuzz',
    'npm test -- gateway -- --bail 1    # after a second --, options of Vitest',
  ],
})
  .argument('[files...]', 'only tests in files whose path contains one of these')
  .option('--project <kind>', `only tests of this kind: ${KINDS.join(', ')}; may be repeated`, repeated(KINDS))
  .option('-t, --testNamePattern <pattern>', 'only tests whose name matches')

interface Options {
  readonly project?: readonly string[]
  readonly testNamePattern?: string
}

await runCommand(async (args) => {
  const chosen = toVitestArguments(args)
  const env = { ...process.env, GRAVITAS_NATS_SERVER: await findNatsServer(), CHROMIUM_PATH: await findChromium() }
  await buildWeb()
  const folder = await mkdtemp(join(tmpdir(), 'gravitas-test-'))
  const report = join(folder, 'report.json')
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
  const vitest = ['node_modules/vitest/vitest.mjs', 'run', ...reporters, ...chosen]
  const child = spawn(process.execPath, vitest, { stdio: 'inherit', env })
  const [code] = (await once(child, 'exit')) as [number | null]
  const { numPassedTests: passed, numFailedTests: failed, success } = await readReport(report)
  await rm(folder, { recursive: true, force: true })
  if (code !== 0 || !success || passed === 0) process.exitCode = 1
  // A test file that cannot be loaded makes the run fail, but is not counted as a failed test.
  console.log(`${passed} passed, ${failed === 0 && process.exitCode === 1 ? 1 : failed} failed`)
})

function toVitestArguments(args: readonly string[]): string[] {
  const { options, operands } = readArguments<Options, [string[]]>(command, args)
  const projects = (options.project ?? []).flatMap((kind) => ['--project', kind])
  const names = options.testNamePattern === undefined ? [] : ['--testNamePattern', options.testNamePattern]
  return [...projects, ...names, ...operands[0]]
}

async function readReport(file: string): Promise<Report> {
  if (!existsSync(file)) return { numPassedTests: 0, numFailedTests: 0, success: false }
  return JSON.parse(await readFile(file, 'utf8')) as Report
}
