import { createHash } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { ConfigurationError } from '../schema/runtime/errors.ts'
import { runCommand } from '../schema/runtime/lifecycle.ts'
import { readLines } from '../schema/runtime/read-lines.ts'
import { BUCKETS, FEATURES_VERSION, MAX_FEATURES, writeFeatures } from '../scorer/features.ts'
import { toScale } from '../scorer/model.ts'
import { toOnnx, type QuantisedModel } from './onnx-writer.ts'

interface Example {
  readonly subreddit: string
  readonly serious: boolean
  readonly features: Int32Array
  readonly count: number
}

const EPOCHS = 10
const LEARNING_RATE = 0.09
const BIAS_LEARNING_RATE = 0.001
const WEIGHT_DECAY = 1e-3
/** Targets are 0.03 and 0.97, which keeps weights from growing on what is told apart already. */
const LABEL_SMOOTHING = 0.03
const MAX_SUBREDDIT_WEIGHT = 10
const MIN_SUBREDDITS = 3
const FOLDS = 4
const CALIBRATION_BINS = 10
const CALIBRATION_ROUNDS = 25
/** Steps of a quantised weight on either side of zero. */
const MAX_STEPS = 127
const MAX_PER_SUBREDDIT = 4_000
/** Marks that belong to one community say where a post was made, not how serious it is. */
const LEAKING_PREFIX =
  /^\s*[[(]?(?:ELI5|ELIC|SLPT|ULPT|LPT|MRW|MFW|TIL|DPT|FWD|FW|CMV|AMA|IAMA?|TIFU|WP|PsBattle)\b[\])]?\s*[:\-–—,]*\s*/i
const SEED = 20_260_101

async function main(): Promise<void> {
  const { posts, labels, pairs, out, date } = readArguments()
  const parodies = pairs === undefined ? [] : await readPairs(pairs)
  const examples = await readExamples(posts, await readLabels(labels))
  const folds = crossValidate(examples, groupPairs(parodies))
  const line = fitCalibration(folds.flat())
  const metrics = measure(folds, line, parodies)
  console.log(`held out: ${JSON.stringify(metrics)}`)
  console.log('training on everything')
  await save(out, date, calibrate(train(examples), line), metrics, examples.length)
  console.log(`wrote ${out}`)
}

interface Arguments {
  readonly posts: string[]
  readonly labels: string
  /** Subreddits that are about the same, `serious,unserious` a line: they are held out together. */
  readonly pairs: string | undefined
  readonly out: string
  readonly date: string
}

function readArguments(): Arguments {
  const problems: string[] = []
  const usage =
    'npm run train -- --posts FILE [--posts FILE…] --labels FILE [--pairs FILE] [--out DIR] [--date YYYY-MM-DD]'
  const options = {
    posts: { type: 'string', multiple: true },
    labels: { type: 'string' },
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

async function readLabels(file: string): Promise<Map<string, boolean>> {
  const lines = (await readFile(file, 'utf8')).split(/\r?\n/).filter((line) => line !== '')
  const rows = lines.slice(1).map((line) => line.split(','))
  const bad = rows.find(([, label]) => label !== 'serious' && label !== 'unserious')
  if (lines[0] !== 'subreddit,label' || bad !== undefined) {
    throw new ConfigurationError([
      `${file}: expected the header "subreddit,label" and the labels serious or unserious${bad ? `, not "${bad.join(',')}"` : ''}`,
    ])
  }
  return new Map(rows.map(([subreddit, label]) => [subreddit!.toLowerCase(), label === 'serious']))
}

async function readPairs(file: string): Promise<[string, string][]> {
  const [header, ...rows] = (await readFile(file, 'utf8')).split(/\r?\n/).filter((line) => line !== '')
  const pairs = rows.map((row) => row.toLowerCase().split(','))
  const bad = pairs.findIndex((pair) => pair.length !== 2 || pair.includes(''))
  if (header === 'serious,unserious' && bad === -1) return pairs as [string, string][]
  const where = bad === -1 ? '' : `, not "${rows[bad]}"`
  throw new ConfigurationError([`${file}: expected the header "serious,unserious" and two subreddits a line${where}`])
}

/** The group of a subreddit: those that pairs connect, however indirectly, share one. */
function groupPairs(pairs: readonly (readonly [string, string])[]): (subreddit: string) => string {
  const parents = new Map<string, string>()
  const rootOf = (name: string): string => {
    const parent = parents.get(name)
    return parent === undefined ? name : rootOf(parent)
  }
  for (const [one, other] of pairs) {
    const [from, to] = [rootOf(one), rootOf(other)]
    if (from !== to) parents.set(from, to)
  }
  return rootOf
}

/** Each post twice, where it has a text: with it and by its title alone, since half of Reddit has only titles. */
async function readExamples(files: readonly string[], labels: ReadonlyMap<string, boolean>): Promise<Example[]> {
  const examples: Example[] = []
  const seen = new Set<string>()
  const perSubreddit = new Map<string, number>()
  for (const file of files) {
    for await (const line of readLines(file)) addExamples(line, labels, seen, perSubreddit, examples)
    console.log(`${file}: ${examples.length} examples so far`)
  }
  return examples
}

function addExamples(
  line: Buffer,
  labels: ReadonlyMap<string, boolean>,
  seen: Set<string>,
  perSubreddit: Map<string, number>,
  examples: Example[],
): void {
  if (line.length === 0) return
  const post = JSON.parse(String(line)) as { id: string; subreddit: string; title: string; selftext?: string }
  const subreddit = post.subreddit.toLowerCase()
  const serious = labels.get(subreddit)
  const taken = perSubreddit.get(subreddit) ?? 0
  if (serious === undefined || seen.has(post.id) || taken >= MAX_PER_SUBREDDIT) return
  seen.add(post.id)
  perSubreddit.set(subreddit, taken + 1)
  const title = post.title.replace(LEAKING_PREFIX, '')
  const texts = post.selftext ? [post.selftext, ''] : ['']
  for (const selftext of texts) {
    const features = new Int32Array(MAX_FEATURES)
    const count = writeFeatures({ title, selftext }, features)
    examples.push({ subreddit, serious, features: features.slice(0, count), count })
  }
}

/** A generator of its own (mulberry32, public domain): the same data gives the same model, byte for byte. */
function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

function shuffle<T>(items: readonly T[], next: () => number): T[] {
  const shuffled = [...items]
  for (let index = shuffled.length - 1; index > 0; index--) {
    const other = Math.floor(next() * (index + 1))
    ;[shuffled[index], shuffled[other]] = [shuffled[other]!, shuffled[index]!]
  }
  return shuffled
}

interface Judged {
  readonly subreddit: string
  readonly serious: boolean
  readonly logit: number
}

interface Metrics {
  /** Every subreddit weighs the same; each is scored by a model that has met neither it nor its parody. */
  readonly heldOutSubredditsAuc: number
  readonly foldAucs: readonly number[]
  /** Mean over the pairs of which both sides are labelled and have posts. */
  readonly parodyPairsAuc?: number
  /** Expected calibration error in ten bins, after calibration. */
  readonly calibrationError: number
  readonly brierScore: number
}

/** Scores all examples by models that were not trained on their subreddits. */
function crossValidate(examples: readonly Example[], groupOf: (subreddit: string) => string): Judged[][] {
  const groups = shuffle([...new Set(examples.map(({ subreddit }) => groupOf(subreddit)))].sort(), random(SEED))
  const foldOf = new Map(groups.map((group, index) => [group, index % FOLDS]))
  const folds: Judged[][] = []
  for (let fold = 0; fold < FOLDS; fold++) {
    const isHeldOut = ({ subreddit }: Example): boolean => foldOf.get(groupOf(subreddit)) === fold
    const { weights, bias } = train(examples.filter((example) => !isHeldOut(example)))
    const judged = examples.filter(isHeldOut).map(({ subreddit, serious, features, count }) => {
      return { subreddit, serious, logit: bias + toScale(count) * sumOf(weights, features) }
    })
    folds.push(judged)
    console.log(`fold ${fold + 1} of ${FOLDS}: AUC ${auc(judged).toFixed(4)} on subreddits that it has not met`)
  }
  return folds
}

const rounded = (value: number): number => Number(value.toFixed(4))

function measure(folds: readonly Judged[][], line: Line, pairs: readonly (readonly [string, string])[]): Metrics {
  const judged = folds.flat()
  return {
    heldOutSubredditsAuc: rounded(auc(judged)),
    foldAucs: folds.map((fold) => rounded(auc(fold))),
    ...meanPairAuc(judged, pairs),
    ...calibrationOf(judged, line),
  }
}

function meanPairAuc(judged: readonly Judged[], pairs: readonly (readonly [string, string])[]): Partial<Metrics> {
  const aucs = pairs
    .map(([serious, parody]) => judged.filter(({ subreddit }) => subreddit === serious || subreddit === parody))
    .filter((both) => both.some((post) => post.serious) && both.some((post) => !post.serious))
    .map(auc)
  return aucs.length === 0 ? {} : { parodyPairsAuc: rounded(aucs.reduce((sum, one) => sum + one, 0) / aucs.length) }
}

function calibrationOf(judged: readonly Judged[], line: Line): Pick<Metrics, 'calibrationError' | 'brierScore'> {
  const weightOf = subredditWeights(judged)
  const bins = Array.from({ length: CALIBRATION_BINS }, () => ({ predicted: 0, serious: 0 }))
  let [total, squares] = [0, 0]
  for (const { subreddit, serious, logit } of judged) {
    const weight = weightOf.get(subreddit)!
    const p = sigmoid(line.slope * logit + line.intercept)
    const bin = bins[Math.min(CALIBRATION_BINS - 1, Math.floor(p * CALIBRATION_BINS))]!
    bin.predicted += weight * p
    bin.serious += weight * Number(serious)
    squares += weight * (p - Number(serious)) ** 2
    total += weight
  }
  const error = bins.reduce((sum, { predicted, serious }) => sum + Math.abs(predicted - serious), 0) / total
  return { calibrationError: rounded(error), brierScore: rounded(squares / total) }
}

interface Line {
  readonly slope: number
  readonly intercept: number
}

/** Platt scaling: the line that turns held-out logits into the probabilities that they deserve, by Newton's method. */
function fitCalibration(judged: readonly Judged[]): Line {
  const weightOf = subredditWeights(judged)
  let [slope, intercept] = [1, 0]
  for (let round = 0; round < CALIBRATION_ROUNDS; round++) {
    let [g0, g1, h00, h01, h11] = [0, 0, 1e-9, 0, 1e-9]
    for (const { subreddit, serious, logit } of judged) {
      const weight = weightOf.get(subreddit)!
      const p = sigmoid(slope * logit + intercept)
      const [error, curvature] = [weight * (p - Number(serious)), weight * p * (1 - p)]
      g0 += error
      g1 += error * logit
      h00 += curvature
      h01 += curvature * logit
      h11 += curvature * logit * logit
    }
    const determinant = h00 * h11 - h01 * h01
    intercept -= (h11 * g0 - h01 * g1) / determinant
    slope -= (h00 * g1 - h01 * g0) / determinant
  }
  return { slope, intercept }
}

/** Folds the line into the model. */
const calibrate = ({ weights, bias }: Linear, { slope, intercept }: Line): Linear => ({
  weights: weights.map((weight) => weight * slope),
  bias: bias * slope + intercept,
})

interface Linear {
  readonly weights: Float32Array
  readonly bias: number
}

/** Logistic regression by AdaGrad, each subreddit and each class with equal weight. */
function train(examples: readonly Example[]): Linear {
  const allowed = commonFeatures(examples)
  const weightOf = balancedWeights(examples)
  const weights = new Float32Array(BUCKETS)
  const squares = new Float32Array(BUCKETS).fill(1e-4)
  let bias = 0
  const next = random(SEED)
  for (let epoch = 1; epoch <= EPOCHS; epoch++) {
    let loss = 0
    for (const { subreddit, serious, features, count } of shuffle(examples, next)) {
      const scale = toScale(count)
      const p = sigmoid(bias + scale * sumOf(weights, features))
      const error = (p - (serious ? 1 - LABEL_SMOOTHING : LABEL_SMOOTHING)) * weightOf.get(subreddit)!
      loss -= Math.log(Math.max(1e-9, serious ? p : 1 - p))
      for (const index of features) {
        if (allowed[index] === 0) continue
        const gradient = error * scale + WEIGHT_DECAY * weights[index]!
        squares[index]! += gradient * gradient
        weights[index]! -= (LEARNING_RATE * gradient) / Math.sqrt(squares[index]!)
      }
      bias -= BIAS_LEARNING_RATE * error
    }
    console.log(`  epoch ${epoch} of ${EPOCHS}: loss ${(loss / examples.length).toFixed(4)}`)
  }
  return { weights, bias }
}

/** Features seen in several subreddits: what only one says is its topic or its custom. */
function commonFeatures(examples: readonly Example[]): Uint8Array {
  const subreddits = new Uint8Array(BUCKETS)
  const lastSeen = new Map<string, Set<number>>()
  for (const { subreddit, features } of examples) {
    let seen = lastSeen.get(subreddit)
    if (seen === undefined) lastSeen.set(subreddit, (seen = new Set()))
    for (const index of features) seen.add(index)
  }
  for (const seen of lastSeen.values()) for (const index of seen) if (subreddits[index]! < 255) subreddits[index]!++
  return subreddits.map((count, index) => (index > 0 && count >= MIN_SUBREDDITS ? 1 : 0))
}

/** A weight for each subreddit, so that all weigh the same; tiny ones less, whose few posts are mostly noise. */
function subredditWeights(examples: readonly { readonly subreddit: string }[]): Map<string, number> {
  const sizes = new Map<string, number>()
  for (const { subreddit } of examples) sizes.set(subreddit, (sizes.get(subreddit) ?? 0) + 1)
  const mean = examples.length / sizes.size
  return new Map([...sizes].map(([subreddit, size]) => [subreddit, Math.min(MAX_SUBREDDIT_WEIGHT, mean / size)]))
}

/** Weights of subreddits with which the two classes weigh the same too. */
function balancedWeights(examples: readonly Example[]): Map<string, number> {
  const weights = subredditWeights(examples)
  const totals = { true: 0, false: 0 }
  const classes = new Map<string, boolean>()
  for (const { subreddit, serious } of examples) {
    totals[`${serious}`] += weights.get(subreddit)!
    classes.set(subreddit, serious)
  }
  const half = (totals.true + totals.false) / 2
  return new Map([...weights].map(([name, weight]) => [name, (weight * half) / totals[`${classes.get(name)!}`]]))
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x))

function sumOf(weights: Float32Array, features: Int32Array): number {
  let sum = 0
  for (const index of features) sum += weights[index]!
  return sum
}

/** Area under the ROC curve, ties counted half, every subreddit with the same weight. */
function auc(judged: readonly Judged[]): number {
  const sizes = new Map<string, number>()
  for (const { subreddit } of judged) sizes.set(subreddit, (sizes.get(subreddit) ?? 0) + 1)
  const sorted = [...judged].sort((a, b) => a.logit - b.logit)
  let [below, positives, sum] = [0, 0, 0]
  for (let start = 0, end = 0; start < sorted.length; start = end) {
    let [tiedPositives, tiedNegatives] = [0, 0]
    for (; end < sorted.length && sorted[end]!.logit === sorted[start]!.logit; end++) {
      const weight = 1 / sizes.get(sorted[end]!.subreddit)!
      if (sorted[end]!.serious) tiedPositives += weight
      else tiedNegatives += weight
    }
    sum += tiedPositives * (below + tiedNegatives / 2)
    below += tiedNegatives
    positives += tiedPositives
  }
  return sum / (positives * below)
}

/** Rounds weights to whole steps, the largest of them to 127. */
function quantise({ weights, bias }: Linear): QuantisedModel {
  const step = weights.reduce((largest, weight) => Math.max(largest, Math.abs(weight)), 1e-9) / MAX_STEPS
  return { weights: Int8Array.from(weights, (weight) => Math.round(weight / step)), step, bias }
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
