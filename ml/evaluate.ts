import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { ConfigurationError } from '../schema/runtime/errors.ts'
import { runCommand } from '../schema/runtime/lifecycle.ts'
import { Model } from '../scorer/model.ts'
import { evaluate, type Evaluation } from './evaluate-model.ts'
import { mean } from './metrics.ts'
import { readLabels, readPairs } from './labels.ts'
import { fileSource } from './read-posts.ts'
import { readEvaluationPosts } from './read-training-data.ts'
import { toHtml } from './report.ts'

const USAGE =
  'usage: npm run evaluate -- --model DIR [--model OTHER] --posts FILE… --labels FILE… [--pairs FILE] [--out DIR]'

interface Arguments {
  readonly models: string[]
  readonly posts: string[]
  readonly labels: string[]
  readonly pairs: string | undefined
  readonly out: string
}

/** Judges one model, or two side by side, on labelled posts. */
async function main(): Promise<void> {
  const { models, posts, labels, pairs, out } = readArguments()
  const parodies = pairs === undefined ? [] : await readPairs(pairs)
  const loaded = await Promise.all(models.map((folder) => Model.load(folder)))
  const judged = await readEvaluationPosts(posts.map(fileSource), await readLabels(labels), parodies)
  const evaluations: Evaluation[] = []
  for (const model of loaded) {
    console.log(`${model.name}: scoring ${judged.length} posts …`)
    evaluations.push(await evaluate(model, judged, parodies))
  }
  for (const evaluation of evaluations) print(evaluation)
  await mkdir(out, { recursive: true })
  // Texts of posts stay in the page, which is for the eyes of whoever has the posts.
  const figures = evaluations.map((evaluation) => ({ ...evaluation, mistakes: undefined }))
  await writeFile(join(out, 'report.json'), `${JSON.stringify(figures, null, 2)}\n`)
  await writeFile(join(out, 'report.html'), toHtml(evaluations))
  console.log(`\nwrote ${join(out, 'report.html')}, with plots, and report.json, which holds no text of any post`)
}

function print({ model, posts, metrics, pairs, postsPerSecond }: Evaluation): void {
  console.log(`\n${model}, ${posts} posts, every subreddit with the same weight`)
  for (const [name, value] of Object.entries(metrics)) console.log(`  ${name.padEnd(20)} ${value?.toFixed(4) ?? '–'}`)
  console.log(`  ${'posts a second'.padEnd(20)} ${Math.round(postsPerSecond)}`)
  if (pairs.length === 0) return
  const meanAuc = mean(pairs.map(({ auc }) => auc))
  console.log(`  ${'parody pairs'.padEnd(20)} ${meanAuc.toFixed(4)} (mean AUC of ${pairs.length})`)
  for (const { serious, parody, auc } of pairs) console.log(`    ${auc.toFixed(2)}  ${serious} / ${parody}`)
}

function readArguments(): Arguments {
  const problems: string[] = []
  const many = { type: 'string', multiple: true } as const
  const options = {
    model: many,
    posts: many,
    labels: many,
    pairs: { type: 'string' },
    out: { type: 'string' },
  } as const
  try {
    const { values, positionals } = parseArgs({ options, allowPositionals: true })
    const posts = [...(values.posts ?? []), ...positionals]
    if (values.model === undefined) problems.push('--model is missing: a folder with model.onnx and model.json')
    if ((values.model?.length ?? 0) > 2) problems.push('at most two models can be put side by side')
    if (posts.length === 0) problems.push('--posts is missing: NDJSON, plain, gzip or zstd')
    if (values.labels === undefined) problems.push('--labels is missing: CSV with "subreddit,label" or "id,label"')
    if (problems.length === 0)
      return {
        models: values.model!,
        posts,
        labels: values.labels!,
        pairs: values.pairs,
        out: values.out ?? 'evaluation',
      }
  } catch (error) {
    problems.push((error as Error).message)
  }
  throw new ConfigurationError([...problems, USAGE])
}

await runCommand(main)
