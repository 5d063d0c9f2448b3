import { createHash } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { ConfigurationError } from '../schema/runtime/errors.ts'
import { runCommand } from '../schema/runtime/lifecycle.ts'
import { readLines } from '../schema/runtime/read-lines.ts'
import { BUCKETS, FEATURES_VERSION, MAX_FEATURES, writeFeatures } from '../scorer/features.ts'
import { toScale } from '../scorer/model.ts'
import { toOnnx } from './onnx-writer.ts'

interface Example {
  readonly subreddit: string
  readonly serious: boolean
  readonly features: Int32Array
  readonly count: number
}

const EPOCHS = 6
const LEARNING_RATE = 0.6
const WEIGHT_DECAY = 1e-5
const MIN_SUBREDDITS = 3
const HELD_OUT_SHARE = 0.15
const MAX_PER_SUBREDDIT = 4_000
/** Marks that belong to one community say where a post was made, not how serious it is. */
const LEAKING_PREFIX =
  /^\s*[[(]?(?:ELI5|ELIC|SLPT|ULPT|LPT|MRW|MFW|TIL|DPT|FWD|FW|CMV|AMA|IAMA?|TIFU|WP|PsBattle)\b[\])]?\s*[:\-–—,]*\s*/i
const SEED = 20_260_101

async function main(): Promise<void> {
  const { posts, labels, out, date } = readArguments()
  const examples = await readExamples(posts, await readLabels(labels))
  const heldOut = chooseHeldOut([...new Set(examples.map(({ subreddit }) => subreddit))])
  const training = examples.filter(({ subreddit }) => !heldOut.has(subreddit))
  const unseen = examples.filter(({ subreddit }) => heldOut.has(subreddit))
  console.log(`${training.length} examples to train on, ${unseen.length} of ${heldOut.size} held-out subreddits`)
  const judged = train(training)
  const heldOutAuc = auc(unseen, judged)
  console.log(`AUC on held-out subreddits: ${heldOutAuc.toFixed(4)}; training on everything`)
  const final = train(examples)
  await save(out, date, final, heldOutAuc, examples.length)
  console.log(`wrote ${out}`)
}

function readArguments(): { posts: string[]; labels: string; out: string; date: string } {
  const problems: string[] = []
  const usage = 'npm run train -- --posts FILE [--posts FILE…] --labels FILE [--out DIR] [--date YYYY-MM-DD]'
  const options = {
    posts: { type: 'string', multiple: true },
    labels: { type: 'string' },
    out: { type: 'string' },
    date: { type: 'string' },
  } as const
  try {
    const { values, positionals } = parseArgs({ options, allowPositionals: true })
    const posts = [...(values.posts ?? []), ...positionals]
    if (posts.length === 0) problems.push('--posts is missing')
    if (values.labels === undefined) problems.push('--labels is missing')
    if (problems.length === 0)
      return { posts, labels: values.labels!, out: values.out ?? 'ml/model', date: values.date ?? '' }
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

const chooseHeldOut = (subreddits: readonly string[]): Set<string> =>
  new Set(shuffle([...subreddits].sort(), random(SEED)).slice(0, Math.round(subreddits.length * HELD_OUT_SHARE)))

interface Linear {
  readonly weights: Float32Array
  readonly bias: number
}

/** Logistic regression by AdaGrad, each subreddit and each class with equal weight. */
function train(examples: readonly Example[]): Linear {
  const allowed = commonFeatures(examples)
  const weightOf = exampleWeights(examples)
  const weights = new Float32Array(BUCKETS)
  const squares = new Float32Array(BUCKETS).fill(1e-4)
  let bias = 0
  const next = random(SEED)
  for (let epoch = 1; epoch <= EPOCHS; epoch++) {
    let loss = 0
    for (const example of shuffle(examples, next)) {
      const scale = toScale(example.count)
      const p = sigmoid(bias + scale * sumOf(weights, example.features))
      const error = (p - (example.serious ? 0.97 : 0.03)) * weightOf.get(example.subreddit)!
      loss -= Math.log(Math.max(1e-9, example.serious ? p : 1 - p))
      for (const index of example.features) {
        if (allowed[index] === 0) continue
        const gradient = error * scale + WEIGHT_DECAY * weights[index]!
        squares[index]! += gradient * gradient
        weights[index]! -= (LEARNING_RATE * 0.15 * gradient) / Math.sqrt(squares[index]!)
      }
      bias -= 0.001 * error
    }
    console.log(`epoch ${epoch} of ${EPOCHS}: loss ${(loss / examples.length).toFixed(4)}`)
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

function exampleWeights(examples: readonly Example[]): Map<string, number> {
  const sizes = new Map<string, number>()
  for (const { subreddit } of examples) sizes.set(subreddit, (sizes.get(subreddit) ?? 0) + 1)
  const mean = examples.length / sizes.size
  // The square root keeps large communities from deciding alone without drowning in the noise of tiny ones.
  return new Map([...sizes].map(([subreddit, size]) => [subreddit, Math.min(4, Math.sqrt(mean / size))]))
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x))

function sumOf(weights: Float32Array, features: Int32Array): number {
  let sum = 0
  for (const index of features) sum += weights[index]!
  return sum
}

/** Area under the ROC curve, ties counted half. */
function auc(examples: readonly Example[], { weights, bias }: Linear): number {
  const scored = examples
    .map(({ features, count, serious }) => ({ serious, score: bias + toScale(count) * sumOf(weights, features) }))
    .sort((a, b) => a.score - b.score)
  let rankSum = 0
  for (let start = 0; start < scored.length;) {
    let end = start
    while (end < scored.length && scored[end]!.score === scored[start]!.score) end++
    const rank = (start + 1 + end) / 2
    for (let index = start; index < end; index++) if (scored[index]!.serious) rankSum += rank
    start = end
  }
  const positives = scored.filter(({ serious }) => serious).length
  const negatives = scored.length - positives
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * negatives)
}

async function save(out: string, date: string, model: Linear, heldOutAuc: number, examples: number): Promise<void> {
  await mkdir(out, { recursive: true })
  const graph = toOnnx(model.weights, model.bias, MAX_FEATURES)
  const manifest = {
    name: 'serious-1',
    version: 1,
    sha256: createHash('sha256').update(graph).digest('hex'),
    features: { version: FEATURES_VERSION, buckets: BUCKETS, maxFeatures: MAX_FEATURES },
    trainedOn:
      'Reddit submissions of 2006 to 2019 with labels by subreddit (umbrae/reddit-top-2.5-million, PDDL; kulkarohan/reddit-recommender, MIT)',
    examples,
    metrics: { heldOutSubredditsAuc: Number(heldOutAuc.toFixed(4)) },
    date,
  }
  await writeFile(join(out, 'model.onnx'), graph)
  await writeFile(join(out, 'model.json'), `${JSON.stringify(manifest, null, 2)}\n`)
}

await runCommand(main)
