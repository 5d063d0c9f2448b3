import { createHash } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { ConfigurationError } from '../schema/runtime/errors.ts'
import { runCommand } from '../schema/runtime/lifecycle.ts'
import { BUCKETS, FEATURES_VERSION, MAX_FEATURES } from '../scorer/features.ts'
import { fitCalibration } from './calibration.ts'
import { calibrate, crossValidate, measure, type Metrics } from './cross-validate.ts'
import { quantise, train, type Linear } from './logistic-regression.ts'
import { toOnnx } from './onnx-writer.ts'
import { groupPairs, readExamples, readLabels, readPairs } from './read-training-data.ts'

const SEED = 20_260_101

async function main(): Promise<void> {
  const { posts, labels, pairs, out, date } = readArguments()
  const parodies = pairs === undefined ? [] : await readPairs(pairs)
  const examples = await readExamples(posts, await readLabels(labels))
  const folds = crossValidate(examples, groupPairs(parodies), SEED)
  const line = fitCalibration(folds.flat())
  const metrics = measure(folds, line, parodies)
  console.log(`held out: ${JSON.stringify(metrics)}`)
  console.log('training on everything')
  await save(out, date, calibrate(train(examples, SEED), line), metrics, examples.length)
  console.log(`wrote ${out}`)
}

interface Arguments {
  readonly posts: string[]
  readonly labels: string[]
  /** Subreddits that are about the same, `serious,unserious` a line: they are held out together. */
  readonly pairs: string | undefined
  readonly out: string
  readonly date: string
}

function readArguments(): Arguments {
  const problems: string[] = []
  const usage =
    'npm run train -- --posts FILE [--posts FILE…] --labels FILE [--labels FILE…] [--pairs FILE] [--out DIR] [--date YYYY-MM-DD]'
  const options = {
    posts: { type: 'string', multiple: true },
    labels: { type: 'string', multiple: true },
    pairs: { type: 'string' },
    out: { type: 'string' },
    date: { type: 'string' },
  } as const
  try {
    const { values, positionals } = parseArgs({ options, allowPositionals: true })
    const posts = [...(values.posts ?? []), ...positionals]
    if (posts.length === 0) problems.push('--posts is missing')
    if (values.labels === undefined) problems.push('--labels is missing')
    if (problems.length === 0)
      return {
        posts,
        labels: values.labels!,
        pairs: values.pairs,
        out: values.out ?? 'ml/model',
        date: values.date ?? '',
      }
  } catch (error) {
    problems.push((error as Error).message)
  }
  throw new ConfigurationError([...problems, `usage: ${usage}`])
}

async function save(out: string, date: string, model: Linear, metrics: Metrics, examples: number): Promise<void> {
  await mkdir(out, { recursive: true })
  const graph = toOnnx(quantise(model), MAX_FEATURES)
  const manifest = {
    name: 'serious-2',
    version: 1,
    sha256: createHash('sha256').update(graph).digest('hex'),
    features: { version: FEATURES_VERSION, buckets: BUCKETS, maxFeatures: MAX_FEATURES },
    trainedOn:
      'Reddit submissions of 2006 to 2019 with labels by subreddit (umbrae/reddit-top-2.5-million, PDDL; kulkarohan/reddit-recommender, MIT)',
    examples,
    metrics,
    date,
  }
  await writeFile(join(out, 'model.onnx'), graph)
  await writeFile(join(out, 'model.json'), `${JSON.stringify(manifest, null, 2)}\n`)
}

await runCommand(main)
