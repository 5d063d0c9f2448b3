import { OperationalError } from '../schema/runtime/errors.ts'
import { MAX_CHARACTERS, MAX_FEATURES, writeFeatures, type TextPost } from '../scorer/models/features.ts'
import { classOf, type Label, type Labels, type Pair } from './labels.ts'
import type { LabelledText, PostSource } from './post-sources.ts'

/** One row to learn from. */
export interface Example {
  /** The post's number: its row with the text and that by its title alone share it. */
  readonly post: number
  readonly subreddit: string
  /** From 0 to 1: what the model should say. */
  readonly target: number
  /** Above 0 to 1, before subreddits are balanced. */
  readonly weight: number
  /** Undefined where the label is of neither class clearly, or was given in passing: such a post is not judged by. */
  readonly serious: boolean | undefined
  readonly features: Int32Array
}

const MAX_PER_SUBREDDIT = 4_000

/**
 * Each labelled post twice, where it has a text: with it and by its title alone, since half of Reddit has only titles. A post
 * that is in several sources counts once; entries that are no posts are counted and passed over.
 * @throws OperationalError when a source cannot be read, or when not both classes were found
 */
export async function readExamples(sources: readonly PostSource[], labels: Labels): Promise<Example[]> {
  const examples: Example[] = []
  const perSubreddit = new Map<string, number>()
  let posts = 0
  const report = (): string => `${examples.length} examples so far`
  await readEach(sources, report, (post) => {
    const label = labelOf(labels, post)
    const { subreddit, title, selftext } = post
    const taken = perSubreddit.get(subreddit) ?? 0
    if (label === undefined || taken >= MAX_PER_SUBREDDIT) return false
    perSubreddit.set(subreddit, taken + 1)
    const number = posts++
    for (const text of selftext === '' ? [''] : [selftext, ''])
      examples.push({ post: number, ...toExample({ title, selftext: text }, subreddit, label) })
    return true
  })
  checkBothClasses(examples)
  return examples
}

function toExample(post: TextPost, subreddit: string, label: Label): Omit<Example, 'post'> {
  const features = new Int32Array(MAX_FEATURES)
  const count = writeFeatures(post, features)
  const { seriousness: target, weight } = label
  const serious = weight === 1 ? classOf(label) : undefined
  return { subreddit, target, weight, serious, features: features.slice(0, count) }
}

export interface EvaluationPost {
  /** In lower case. */
  readonly subreddit: string
  /** Undefined for a side of a parody pair that is of neither class clearly. */
  readonly serious: boolean | undefined
  readonly title: string
  /** Empty where there is none; no longer than what a model looks at. */
  readonly selftext: string
}

/**
 * The posts that are clearly of one class, and those of parody pairs; each id once, all as they stand.
 * @throws OperationalError when a source cannot be read, or when not both classes were found
 */
export async function readEvaluationPosts(
  sources: readonly PostSource[],
  labels: Labels,
  pairs: readonly Pair[],
): Promise<EvaluationPost[]> {
  const inPairs = new Set(pairs.flat())
  const posts: EvaluationPost[] = []
  const report = (): string => `${posts.length} posts so far`
  await readEach(sources, report, (post) => {
    const { subreddit, title, selftext } = post
    const serious = classOf(labelOf(labels, post))
    if (serious === undefined && !inPairs.has(subreddit)) return false
    posts.push({ subreddit, serious, title, selftext: ownText(selftext.slice(0, MAX_CHARACTERS)) })
    return true
  })
  checkBothClasses(posts)
  return posts
}

/** A copy: a slice would keep the whole of what it was cut from in memory. */
const ownText = (slice: string): string => Buffer.from(slice).toString()

/** Hands over the posts of all sources, of those that are taken each id once, and says what was found. */
async function readEach(
  sources: readonly PostSource[],
  report: () => string,
  take: (post: LabelledText) => boolean,
): Promise<void> {
  const taken = new Set<string>()
  for (const { name, read } of sources) {
    let broken = 0
    for await (const post of read(() => broken++)) if (!taken.has(post.id) && take(post)) taken.add(post.id)
    console.log(`${name}: ${report()}${broken === 0 ? '' : `, ${broken} lines that are no posts`}`)
  }
}

const labelOf = ({ posts, subreddits }: Labels, { id, subreddit }: LabelledText): Label | undefined =>
  posts.get(id) ?? subreddits.get(subreddit)

function checkBothClasses(posts: readonly { readonly serious: boolean | undefined }[]): void {
  for (const serious of [true, false]) {
    if (!posts.some((post) => post.serious === serious))
      throw new OperationalError(
        `No post is labelled ${serious ? 'serious' : 'unserious'}. Do the labels fit the posts?`,
      )
  }
}
