import { createHash } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { MODEL_NAME_PATTERN } from '../schema/events.ts'
import { loadEnvironment, SettingsReader } from '../schema/runtime/environment.ts'
import { ConfigurationError } from '../schema/runtime/errors.ts'
import { inputName } from '../schema/runtime/input-file.ts'
import { runCommand } from '../schema/runtime/lifecycle.ts'
import { readSharedConfig } from '../schema/runtime/shared-config.ts'
import { BUCKETS, FEATURES_VERSION, MAX_FEATURES } from '../scorer/features.ts'
import { calibrate, fitCalibration } from './calibration.ts'
import { crossValidate, holdOutAtRandom, measure, toRanked, type Metrics } from './cross-validate.ts'
import { groupPairs, readLabels, readPairs } from './labels.ts'
import { quantise, train, type Linear } from './logistic-regression.ts'
import { toOnnx } from './onnx-writer.ts'
import { fileSource, streamSource, type PostSource } from './read-posts.ts'
import { readExamples } from './read-training-data.ts'

const SEED = 20_260_101
const NAME = new RegExp(MODEL_NAME_PATTERN)
const DATE = /^\d{4}-\d{2}-\d{2}$/
const USAGE =
  'usage: npm run train -- (--posts FILE… | --from-stream) --labels FILE… [--pairs FILE] [--out DIR] [--name NAME] [--data TEXT] [--date YYYY-MM-DD]'

async function main(): Promise<void> {
  const { sources, labels, pairs, out, about } = readArguments()
  const parodies = pairs === undefined ? [] : await readPairs(pairs)
  const examples = await readExamples(sources, await readLabels(labels))
  const folds = crossValidate(examples, groupPairs(parodies), SEED)
  const line = fitCalibration(toRanked(folds.flat()))
  console.log('a random tenth of the posts, held out')
  const metrics = measure(folds, holdOutAtRandom(examples, SEED), line, parodies)
  console.log(`held out: ${JSON.stringify(metrics)}`)
  console.log('training on everything')
  await save(out, { ...about, examples: examples.length, metrics }, calibrate(train(examples, SEED), line))
  console.log(`wrote ${out}`)
}

interface Arguments {
  readonly sources: PostSource[]
  readonly labels: string[]
  /** Subreddits that are about the same, `serious,unserious` a line: they are held out together. */
  readonly pairs: string | undefined
  readonly out: string
  readonly about: About
}

/** What `model.json` says beside what follows from the graph. */
interface About {
  /** Undefined: a name of its own, since scores of two models under one name would be taken for the same. */
  readonly name: string | undefined
  /** The data that it was trained on, with licences. */
  readonly trainedOn: string
  readonly date: string
}

function readArguments(): Arguments {
  const problems: string[] = []
  const many = { type: 'string', multiple: true } as const
  const options = {
    posts: many,
    'from-stream': { type: 'boolean', default: false },
    labels: many,
    pairs: { type: 'string' },
    out: { type: 'string', default: 'ml/model' },
    name: { type: 'string' },
    data: { type: 'string' },
    date: { type: 'string', default: '' },
  } as const
  try {
    const { values, positionals } = parseArgs({ options, allowPositionals: true })
    const files = [...(values.posts ?? []), ...positionals]
    const { labels = [], pairs, out, name, data, date, 'from-stream': isFromStream } = values
    if (files.length === 0 && !isFromStream) problems.push('--posts is missing, or --from-stream')
    if (labels.length === 0) problems.push('--labels is missing')
    if (date !== '' && !DATE.test(date)) problems.push(`--date is a day such as 2026-01-31, not "${date}"`)
    if (name !== undefined && !NAME.test(name)) problems.push(`--name is a token such as my-model-1, not "${name}"`)
    if (problems.length === 0) {
      const sources = [...files.map(fileSource), ...(isFromStream ? [streamSource(readServer())] : [])]
      const trainedOn = data ?? [...sources.map((source) => source.name), ...labels.map(inputName)].join(', ')
      return { sources, labels, pairs, out, about: { name, trainedOn, date } }
    }
  } catch (error) {
    if (error instanceof ConfigurationError) throw error
    problems.push((error as Error).message)
  }
  throw new ConfigurationError([...problems, USAGE])
}

/** The running system, by the same settings as every process; its user for reading. */
function readServer(): Parameters<typeof streamSource>[0] {
  const read = new SettingsReader(loadEnvironment())
  const { natsUrl: url, dataDir } = read.done(readSharedConfig(read))
  return { url, dataDir, user: 'status' }
}

async function save(
  out: string,
  about: About & { readonly examples: number; readonly metrics: Metrics },
  model: Linear,
): Promise<void> {
  await mkdir(out, { recursive: true })
  const graph = toOnnx(quantise(model))
  const { name, ...more } = about
  const sha256 = createHash('sha256').update(graph).digest('hex')
  const manifest = {
    name: name ?? `serious-${sha256.slice(0, 8)}`,
    version: 1,
    sha256,
    features: { version: FEATURES_VERSION, buckets: BUCKETS, maxFeatures: MAX_FEATURES },
    ...more,
  }
  await writeFile(join(out, 'model.onnx'), graph)
  await writeFile(join(out, 'model.json'), `${JSON.stringify(manifest, null, 2)}\n`)
}

await runCommand(main)
