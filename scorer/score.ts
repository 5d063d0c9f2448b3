import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { loadEnvironment } from '../schema/runtime/environment.ts'
import { ConfigurationError } from '../schema/runtime/errors.ts'
import { runCommand } from '../schema/runtime/lifecycle.ts'
import { readScorerConfig } from './config.ts'
import { Model } from './model.ts'
import { scoreFile } from './score-file.ts'

const USAGE = `usage: npm run score -- --in FILE --out FILE
    FILE may be - for standard input or output. With --out -, say npm run -s: npm’s own lines would come first.`

/** Scores a file of posts without NATS, as the live scorer would. */
async function main(): Promise<void> {
  const { modelDir } = readScorerConfig(loadEnvironment())
  const { input, output } = readArguments()
  const model = await Model.load(modelDir, { threads: availableParallelism() })
  await scoreFile({ model, input, output, progress: process.stderr })
}

function readArguments(): { input: string; output: string } {
  const problems: string[] = []
  try {
    const { values } = parseArgs({ options: { in: { type: 'string' }, out: { type: 'string' } } })
    if (values.in === undefined) problems.push('--in is missing: the posts to score, NDJSON, plain, gzip or zstd')
    if (values.out === undefined) problems.push('--out is missing: where the scores go')
    if (problems.length === 0) return { input: values.in!, output: values.out! }
  } catch (error) {
    problems.push((error as Error).message)
  }
  throw new ConfigurationError([...problems, USAGE])
}

await runCommand(main)
