import { createHash } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { MODEL_NAME_PATTERN } from '../schema/events.ts'
import { defineCommand, matching, readArguments, refuseArguments } from '../schema/runtime/command.ts'
import { loadEnvironment, SettingsReader } from '../schema/runtime/environment.ts'
import { LONG_OPTION } from '../schema/runtime/input-failure.ts'
import { inputName } from '../schema/runtime/input-file.ts'
import { runCommand } from '../schema/runtime/lifecycle.ts'
import { readSharedConfig } from '../schema/runtime/shared-config.ts'
import { BUCKETS, FEATURES_VERSION, MAX_FEATURES } from '../scorer/models/features.ts'
import { calibrate, fitCalibration } from './calibration.ts'
import { crossValidate, holdOutAtRandom, measure, toRanked, type Metrics } from './cross-validate.ts'
import { groupPairs, readLabels, readPairs } from './labels.ts'
import { quantise, train, type Linear } from './logistic-regression.ts'
import { toOnnx } from './onnx-writer.ts'
import { fileSource, streamSource, type PostSource } from './post-sources.ts'
import { readExamples } from './read-training-data.ts'

const SEED = 20_260_101
const NAME = new RegExp(MODEL_NAME_PATTERN)
const NAME_RULE = 'It must consist of small letters, digits and hyphens, such as my-model-1.'
const DATE = /^\d{4}-\d{2}-\d{2}$/
const DATE_RULE = 'It must be a day such as 2026-01-31.'

const command = defineCommand({
  name: 'train',
  summary: 'Trains a scoring model on labelled posts, and writes it with its figures on held-out posts.',
  settings: ['NATS_URL', 'NATS_ALLOW_PLAINTEXT', 'NATS_PORT', 'DATA_DIR'],
  examples: [
    'npm run train -- --posts posts.ndjson.zst --labels mine.csv ml/labels.csv --out my-model',
    'npm run train -- --from-stream --labels mine.csv --out my-model    # posts of the running system',
  ],
})
  .option('--posts <files...>', 'posts: NDJSON, plain, gzip or zstd')
  .option(...LONG_OPTION)
  .option('--from-stream', 'posts of the running system')
  .requiredOption('--labels <files...>', 'CSV with "subreddit,label" or "id,label"')
  .option('--pairs <file>', 'CSV with "serious,unserious": subreddits about the same subject, held out together')
  .option('--out <folder>', 'folder for the scoring model', 'ml/model')
  .option(
    '--name <name>',
    'name of the scoring model; by default one made from its checksum',
    matching(NAME, NAME_RULE),
  )
  .option('--data <text>', 'description of the training data, with licences; by default the names of the files')
  .option('--date <day>', 'day of the training, such as 2026-01-31', matching(DATE, DATE_RULE))

await runCommand(async (args) => {
  const { sources, labels, pairs, out, about } = readTrainArguments(args)
  const parodies = pairs === undefined ? [] : await readPairs(pairs)
  const examples = await readExamples(sources, await readLabels(labels))
  const folds = crossValidate(examples, groupPairs(parodies), SEED)
  const line = fitCalibration(toRanked(folds.flat()))
  console.log('measuring on a random tenth of the posts, held out')
  const metrics = measure(folds, holdOutAtRandom(examples, SEED), line, parodies)
  console.log(`held out: ${JSON.stringify(metrics)}`)
  console.log('training on everything')
  await save(out, { ...about, examples: examples.length, metrics }, calibrate(train(examples, SEED), line))
  console.log(`wrote ${out}`)
})

interface Options {
  readonly posts?: readonly string[]
  readonly long?: true
  readonly fromStream?: true
  readonly labels: readonly string[]
  readonly pairs?: string
  readonly out: string
  readonly name?: string
  readonly data?: string
  readonly date?: string
}

/** The parts of `model.json` that do not follow from the graph. */
interface About {
  /**
   * The name. If it is undefined, the name is made from the checksum, so that two scoring models never have the same
   * one by mistake.
   */
  readonly name: string | undefined
  /** The data that it was trained on, with licences. */
  readonly trainedOn: string
  readonly date: string
}

function readTrainArguments(args: readonly string[]) {
  const {
    posts = [],
    long = false,
    fromStream,
    labels,
    pairs,
    out,
    name,
    data,
    date = '',
  } = readArguments<Options>(command, args).options
  const isFromStream = fromStream === true
  refuseArguments(command, posts.length === 0 && !isFromStream ? ['--posts or --from-stream is missing.'] : [])
  const sources: PostSource[] = [
    ...posts.map((path) => fileSource(path, { long })),
    ...(isFromStream ? [streamSource(readServer())] : []),
  ]
  const trainedOn = data ?? [...sources.map((source) => source.name), ...labels.map(inputName)].join(', ')
  return { sources, labels, pairs, out, about: { name, trainedOn, date } satisfies About }
}

/**
 * The address of the running system, from the same settings as every process, with the NATS user that may only read.
 */
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
