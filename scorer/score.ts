import { availableParallelism } from 'node:os'
import { defineCommand, readArguments } from '../schema/runtime/command.ts'
import { loadEnvironment } from '../schema/runtime/environment.ts'
import { runCommand } from '../schema/runtime/lifecycle.ts'
import { LONG_OPTION } from '../schema/runtime/input-failure.ts'
import { readScorerConfig } from './config.ts'
import { loadScoringModel } from './models/load-model.ts'
import { scoreFile } from './offline/score-file.ts'

const command = defineCommand({
  name: 'score',
  summary:
    'Scores a file of posts without NATS, as the live scorer would: {"id","seriousness"} for each post, in order.',
  settings: ['MODEL_DIR'],
  examples: [
    'npm run score -- --in posts.ndjson.zst --out scores.ndjson',
    'npm run -s score -- --in - --out - < posts.ndjson    # with -s, npm adds no lines of its own',
  ],
})
  .requiredOption('--in <file>', 'posts to score: NDJSON, plain, gzip or zstd; - is standard input')
  .option(...LONG_OPTION)
  .requiredOption('--out <file>', 'where the scores go; - is standard output')

interface Options {
  readonly in: string
  readonly out: string
  readonly long?: true
}

await runCommand(async (args) => {
  const { in: input, out: output, long = false } = readArguments<Options>(command, args).options
  const { modelDir } = readScorerConfig(loadEnvironment())
  const model = await loadScoringModel(modelDir, { threads: availableParallelism() })
  await scoreFile({ model, input, long, output, progress: process.stderr })
})
