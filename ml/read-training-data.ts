import { readFile } from 'node:fs/promises'
import { ConfigurationError, OperationalError } from '../schema/runtime/errors.ts'
import { readLines } from '../schema/runtime/read-lines.ts'
import { MAX_FEATURES, writeFeatures } from '../scorer/features.ts'

export interface Example {
  readonly subreddit: string
  readonly serious: boolean
  readonly features: Int32Array
  readonly count: number
}

const MAX_PER_SUBREDDIT = 4_000
/** Marks that belong to one community say where a post was made, not how serious it is. */
const LEAKING_PREFIX =
  /^\s*[[(]?(?:ELI5|ELIC|SLPT|ULPT|LPT|MRW|MFW|TIL|DPT|FWD|FW|CMV|AMA|IAMA?|TIFU|WP|PsBattle)\b[\])]?\s*[:\-–—,]*\s*/i

/** Whether what was labelled is serious. A label of a post itself goes before that of its subreddit. */
export interface Labels {
  /** By name, in lower case. */
  readonly subreddits: Map<string, boolean>
  readonly posts: Map<string, boolean>
}

/** Reads CSV files with the header `subreddit,label` or `id,label`. @throws ConfigurationError naming what is wrong where */
export async function readLabels(files: readonly string[]): Promise<Labels> {
  const labels: Labels = { subreddits: new Map(), posts: new Map() }
  for (const file of files) {
    const [header, ...rows] = await readCsv(file)
    if (header !== 'subreddit,label' && header !== 'id,label')
      throw new ConfigurationError([
        `${file}: expected the header "subreddit,label" or "id,label", not "${header ?? ''}"`,
      ])
    const target = header === 'id,label' ? labels.posts : labels.subreddits
    for (const row of rows) {
      const [name, label, ...more] = row.split(',')
      if (!name || more.length > 0 || (label !== 'serious' && label !== 'unserious'))
        throw new ConfigurationError([`${file}: expected "name,serious" or "name,unserious", not "${row}"`])
      target.set(name.toLowerCase().replace(/^t3_/, ''), label === 'serious')
    }
  }
  return labels
}

async function readCsv(file: string): Promise<string[]> {
  try {
    return (await readFile(file, 'utf8'))
      .replace(/^\uFEFF/, '')
      .split(/\r?\n/)
      .filter((line) => line !== '')
  } catch (cause) {
    throw new ConfigurationError([`Cannot read ${file}: ${(cause as Error).message}`])
  }
}

export async function readPairs(file: string): Promise<[string, string][]> {
  const [header, ...rows] = await readCsv(file)
  const pairs = rows.map((row) => row.toLowerCase().split(','))
  const bad = pairs.findIndex((pair) => pair.length !== 2 || pair.includes(''))
  if (header === 'serious,unserious' && bad === -1) return pairs as [string, string][]
  const where = bad === -1 ? '' : `, not "${rows[bad]}"`
  throw new ConfigurationError([`${file}: expected the header "serious,unserious" and two subreddits a line${where}`])
}

/** The group of a subreddit: those that pairs connect, however indirectly, share one. */
export function groupPairs(pairs: readonly (readonly [string, string])[]): (subreddit: string) => string {
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

/**
 * Each post twice, where it has a text: with it and by its title alone, since half of Reddit has only titles. A post that
 * is in several files counts once; lines that are no posts are counted and passed over.
 * @throws OperationalError when a file cannot be read, or when not both classes were found
 */
export async function readExamples(files: readonly string[], labels: Labels): Promise<Example[]> {
  const reader = new ExampleReader(labels)
  for (const file of files) {
    for await (const line of readFileLines(file)) reader.take(line)
    const broken = reader.broken === 0 ? '' : `, ${reader.broken} lines that are no posts`
    console.log(`${file}: ${reader.examples.length} examples so far${broken}`)
  }
  checkBothClasses(reader.examples)
  return reader.examples
}

class ExampleReader {
  readonly examples: Example[] = []
  broken = 0
  readonly #labels: Labels
  readonly #seen = new Set<string>()
  readonly #perSubreddit = new Map<string, number>()

  constructor(labels: Labels) {
    this.#labels = labels
  }

  take(line: Buffer): void {
    if (line.length === 0) return
    const post = parsePost(line)
    if (post === undefined) return void this.broken++
    const subreddit = post.subreddit.toLowerCase()
    const { id } = post
    const serious = this.#labels.posts.get(id) ?? this.#labels.subreddits.get(subreddit)
    const taken = this.#perSubreddit.get(subreddit) ?? 0
    if (serious === undefined || this.#seen.has(id) || taken >= MAX_PER_SUBREDDIT) return
    this.#seen.add(id)
    this.#perSubreddit.set(subreddit, taken + 1)
    const title = post.title.replace(LEAKING_PREFIX, '')
    for (const selftext of post.selftext ? [post.selftext, ''] : ['']) {
      const features = new Int32Array(MAX_FEATURES)
      const count = writeFeatures({ title, selftext }, features)
      this.examples.push({ subreddit, serious, features: features.slice(0, count), count })
    }
  }
}

export interface EvaluationPost {
  /** In lower case. */
  readonly subreddit: string
  /** Undefined for a side of a parody pair without a label. */
  readonly serious: boolean | undefined
  readonly title: string
  /** Empty where there is none. */
  readonly selftext: string
}

/**
 * The labelled posts of files, and those of parody pairs; each id once, all as they stand.
 * @throws OperationalError when a file cannot be read, or when not both classes were found
 */
export async function readEvaluationPosts(
  files: readonly string[],
  labels: Labels,
  pairs: readonly (readonly [string, string])[],
): Promise<EvaluationPost[]> {
  const inPairs = new Set(pairs.flat())
  const posts: EvaluationPost[] = []
  const seen = new Set<string>()
  for (const file of files) {
    for await (const line of readFileLines(file)) {
      const post = parsePost(line)
      if (post === undefined || seen.has(post.id)) continue
      const subreddit = post.subreddit.toLowerCase()
      const serious = labels.posts.get(post.id) ?? labels.subreddits.get(subreddit)
      if (serious === undefined && !inPairs.has(subreddit)) continue
      seen.add(post.id)
      const isGone = post.selftext === '[removed]' || post.selftext === '[deleted]'
      posts.push({ subreddit, serious, title: post.title, selftext: isGone ? '' : post.selftext })
    }
  }
  checkBothClasses(posts)
  return posts
}

function checkBothClasses(posts: readonly { readonly serious: boolean | undefined }[]): void {
  for (const serious of [true, false]) {
    if (!posts.some((post) => post.serious === serious))
      throw new OperationalError(
        `No post is labelled ${serious ? 'serious' : 'unserious'}. Do the labels fit the posts?`,
      )
  }
}

async function* readFileLines(file: string): AsyncGenerator<Buffer> {
  try {
    yield* readLines(file)
  } catch (cause) {
    throw new OperationalError(`Cannot read ${file} to its end: ${(cause as Error).message}`, { cause })
  }
}

interface TrainingPost {
  readonly id: string
  readonly subreddit: string
  readonly title: string
  readonly selftext: string
}

function parsePost(line: Buffer): TrainingPost | undefined {
  let json: unknown
  try {
    json = JSON.parse(String(line))
  } catch {
    return undefined
  }
  const { id, subreddit, title, selftext } = (json ?? {}) as Record<string, unknown>
  if (typeof id !== 'string' || typeof subreddit !== 'string' || typeof title !== 'string') return undefined
  return {
    id: id.toLowerCase().replace(/^t3_/, ''),
    subreddit,
    title,
    selftext: typeof selftext === 'string' ? selftext : '',
  }
}
