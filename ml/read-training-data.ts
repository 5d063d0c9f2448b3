import { readFile } from 'node:fs/promises'
import { ConfigurationError, OperationalError } from '../schema/runtime/errors.ts'
import { readLines } from '../schema/runtime/read-lines.ts'
import { cleanText, MAX_FEATURES, writeFeatures, type TextPost } from '../scorer/features.ts'

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

/** A serious subreddit and its parody, in lower case. */
export type Pair = readonly [serious: string, parody: string]

export async function readPairs(file: string): Promise<Pair[]> {
  const [header, ...rows] = await readCsv(file)
  const pairs = rows.map((row) => row.toLowerCase().split(','))
  const bad = pairs.findIndex((pair) => pair.length !== 2 || pair.includes(''))
  if (header === 'serious,unserious' && bad === -1) return pairs as unknown as Pair[]
  const where = bad === -1 ? '' : `, not "${rows[bad]}"`
  throw new ConfigurationError([`${file}: expected the header "serious,unserious" and two subreddits a line${where}`])
}

/** The group of a subreddit: those that pairs connect, however indirectly, share one. */
export function groupPairs(pairs: readonly Pair[]): (subreddit: string) => string {
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
  const examples: Example[] = []
  const seen = new Set<string>()
  const perSubreddit = new Map<string, number>()
  let broken = 0
  for (const file of files) {
    for await (const post of readPosts(file, () => broken++)) {
      const { id, subreddit, selftext } = post
      const serious = labelOf(labels, post)
      const taken = perSubreddit.get(subreddit) ?? 0
      if (serious === undefined || seen.has(id) || taken >= MAX_PER_SUBREDDIT) continue
      seen.add(id)
      perSubreddit.set(subreddit, taken + 1)
      const title = post.title.replace(LEAKING_PREFIX, '')
      for (const text of selftext === '' ? [''] : [selftext, ''])
        examples.push(toExample({ title, selftext: text }, subreddit, serious))
    }
    const passedOver = broken === 0 ? '' : `, ${broken} lines that are no posts`
    console.log(`${file}: ${examples.length} examples so far${passedOver}`)
  }
  checkBothClasses(examples)
  return examples
}

function toExample(post: TextPost, subreddit: string, serious: boolean): Example {
  const features = new Int32Array(MAX_FEATURES)
  const count = writeFeatures(post, features)
  return { subreddit, serious, features: features.slice(0, count), count }
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
  pairs: readonly Pair[],
): Promise<EvaluationPost[]> {
  const inPairs = new Set(pairs.flat())
  const posts: EvaluationPost[] = []
  const seen = new Set<string>()
  for (const file of files) {
    for await (const post of readPosts(file)) {
      const { id, subreddit, title } = post
      const serious = labelOf(labels, post)
      if (seen.has(id) || (serious === undefined && !inPairs.has(subreddit))) continue
      seen.add(id)
      posts.push({ subreddit, serious, title, selftext: cleanText(post.selftext) })
    }
  }
  checkBothClasses(posts)
  return posts
}

const labelOf = ({ posts, subreddits }: Labels, { id, subreddit }: TrainingPost): boolean | undefined =>
  posts.get(id) ?? subreddits.get(subreddit)

function checkBothClasses(posts: readonly { readonly serious: boolean | undefined }[]): void {
  for (const serious of [true, false]) {
    if (!posts.some((post) => post.serious === serious))
      throw new OperationalError(
        `No post is labelled ${serious ? 'serious' : 'unserious'}. Do the labels fit the posts?`,
      )
  }
}

interface TrainingPost {
  /** In lower case, without `t3_`. */
  readonly id: string
  /** In lower case. */
  readonly subreddit: string
  readonly title: string
  /** Empty where there is none. */
  readonly selftext: string
}

/** The posts of a file; of each line that is none, `onBroken` is told. */
async function* readPosts(file: string, onBroken?: () => void): AsyncGenerator<TrainingPost> {
  try {
    for await (const line of readLines(file)) {
      if (line.length === 0) continue
      const post = parsePost(line)
      if (post === undefined) onBroken?.()
      else yield post
    }
  } catch (cause) {
    throw new OperationalError(`Cannot read ${file} to its end: ${(cause as Error).message}`, { cause })
  }
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
    subreddit: subreddit.toLowerCase(),
    title,
    selftext: typeof selftext === 'string' ? selftext : '',
  }
}
