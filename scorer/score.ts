import { availableParallelism } from 'node:os'
import { defineCommand, readArguments } from '../schema/runtime/command.ts'
import { loadEnvironment } from '../schema/runtime/environment.ts'
import { runCommand } from '../schema/runtime/lifecycle.ts'
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
  .requiredOption('--out <file>', 'where the scores go; - is standard output')

await runCommand(async (args) => {
  const { in: input, out: output } = readArguments<{ in: string; out: string }>(command, args).options
  const { modelDir } = readScorerConfig(loadEnvironment())
  const model = await loadScoringModel(modelDir, { threads: availableParallelism() })
  await scoreFile({ model, input, output, progress: process.stderr })
})
