import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import { defineCommand, readArguments } from '../schema/runtime/command.ts'
import { runCommand } from '../schema/runtime/lifecycle.ts'

interface Step {
  readonly name: string
  /** A program of this repository or of an npm package, with its arguments. */
  readonly args: readonly string[]
  readonly folder?: string
}

const STEPS: readonly Step[] = [
  { name: 'generate', args: ['scripts/codegen.ts'] },
  // This comes before linting, which reads the tsconfig that it generates.
  { name: 'types of the pages, set-up', args: ['node_modules/@sveltejs/kit/svelte-kit.js', 'sync'], folder: 'web' },
  { name: 'format', args: ['node_modules/prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.'] },
  { name: 'lint', args: ['node_modules/oxlint/bin/oxlint', '--deny-warnings'] },
  { name: 'types', args: ['node_modules/typescript7/bin/tsc', '-p', '.'] },
  {
    name: 'types of the pages',
    args: ['node_modules/svelte-check/bin/svelte-check', '--fail-on-warnings', '--threshold', 'warning'],
    folder: 'web',
  },
  { name: 'licences', args: ['scripts/licenses.ts'] },
  { name: 'dead code', args: ['node_modules/knip/bin/knip.js'] },
  { name: 'unit tests', args: ['node_modules/vitest/vitest.mjs', 'run', '--project', 'unit'] },
]

const command = defineCommand({
  name: 'verify',
  summary: `Checks the code and exits with 1 when something fails: ${STEPS.map(({ name }) => name).join(', ')}.`,
  examples: ['npm run verify', 'npm run format    # corrects the format'],
})

await runCommand(async (args) => {
  readArguments(command, args)
  const failed: string[] = []
  for (const { name, args, folder = '.' } of STEPS) {
    const [file = '', ...rest] = args
    const { status } = spawnSync(process.execPath, [resolve(file), ...rest], { stdio: 'inherit', cwd: folder })
    console.log(`${name}: ${status === 0 ? 'ok' : 'FAILED'}`)
    if (status !== 0) failed.push(name)
  }
  if (failed.length === 0) return
  console.log(`Failed: ${failed.join(', ')}. npm run format corrects the format.`)
  process.exitCode = 1
})
