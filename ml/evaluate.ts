import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { defineCommand, readArguments, refuseArguments, repeated } from '../schema/runtime/command.ts'
import { runCommand } from '../schema/runtime/lifecycle.ts'
import { LONG_OPTION } from '../schema/runtime/input-failure.ts'
import { loadScoringModel } from '../scorer/models/load-model.ts'
import { evaluate, type Evaluation } from './evaluate-model.ts'
import { mean } from './metrics.ts'
import { readLabels, readPairs } from './labels.ts'
import { fileSource } from './post-sources.ts'
import { readEvaluationPosts } from './read-training-data.ts'
import { toHtml } from './report.ts'

const command = defineCommand({
  name: 'evaluate',
  summary: 'Evaluates one scoring model, or two side by side, on labelled posts; writes report.html and report.json.',
  examples: [
    'npm run evaluate -- --model ml/model --posts posts.ndjson.zst --labels labels.csv',
    'npm run evaluate -- --model my-model --model ml/model --posts *.zst --labels mine.csv --pairs pairs.csv',
  ],
})
  .requiredOption('--model <folder>', 'folder of a scoring model; if it is given twice, both are evaluated', repeated())
  .requiredOption('--posts <files...>', 'posts: NDJSON, plain, gzip or zstd')
  .option(...LONG_OPTION)
  .requiredOption('--labels <files...>', 'CSV with "subreddit,label" or "id,label"')
  .option('--pairs <file>', 'CSV with "serious,unserious": subreddits about the same subject')
  .option('--out <folder>', 'folder for the report', 'evaluation')

interface Options {
  readonly model: readonly string[]
  readonly posts: readonly string[]
  readonly long?: true
  readonly labels: readonly string[]
  readonly pairs?: string
  readonly out: string
}

await runCommand(async (args) => {
  const { model: models, posts, long = false, labels, pairs, out } = readArguments<Options>(command, args).options
  refuseArguments(command, models.length > 2 ? ['At most two scoring models can be evaluated side by side.'] : [])
  const parodies = pairs === undefined ? [] : await readPairs(pairs)
  const loaded = await Promise.all(models.map((folder) => loadScoringModel(folder)))
  const sources = posts.map((path) => fileSource(path, { long }))
  const judged = await readEvaluationPosts(sources, await readLabels(labels), parodies)
  const evaluations: Evaluation[] = []
  for (const model of loaded) {
    console.log(`${model.name}: scoring ${judged.length} posts …`)
    evaluations.push(await evaluate(model, judged, parodies))
  }
  for (const evaluation of evaluations) print(evaluation)
  await mkdir(out, { recursive: true })
  // Only the page holds texts of posts, so that report.json can be published.
  const figures = evaluations.map((evaluation) => ({ ...evaluation, mistakes: undefined }))
  await writeFile(join(out, 'report.json'), `${JSON.stringify(figures, null, 2)}\n`)
  await writeFile(join(out, 'report.html'), toHtml(evaluations))
  console.log(`\nwrote ${join(out, 'report.html')}, with plots, and report.json, which holds no text of any post`)
})

function print({ model, posts, metrics, pairs, postsPerSecond }: Evaluation): void {
  console.log(`\n${model}, ${posts} posts, every subreddit with the same weight`)
  for (const [name, value] of Object.entries(metrics)) console.log(`  ${name.padEnd(20)} ${value?.toFixed(4) ?? '–'}`)
  console.log(`  ${'posts a second'.padEnd(20)} ${Math.round(postsPerSecond)}`)
  if (pairs.length === 0) return
  const meanAuc = mean(pairs.map(({ auc }) => auc))
  console.log(`  ${'parody pairs'.padEnd(20)} ${meanAuc.toFixed(4)} (mean AUC of ${pairs.length})`)
  for (const { serious, parody, auc } of pairs) console.log(`    ${auc.toFixed(2)}  ${serious} / ${parody}`)
}
