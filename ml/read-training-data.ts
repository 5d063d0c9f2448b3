import { OperationalError } from '../schema/runtime/errors.ts'
import { MAX_CHARACTERS, MAX_FEATURES, writeFeatures, type TextPost } from '../scorer/models/features.ts'
import { classOf, type Label, type Labels, type Pair } from './labels.ts'
import type { LabelledText, PostSource } from './post-sources.ts'

/** One row of training data. */
export interface Example {
  /** The number of the post. The row with the text and the row with the title alone have the same number. */
  readonly post: number
  readonly subreddit: string
  /** The score that the model should give, from 0 to 1. */
  readonly target: number
  /** The weight of the label, above 0 to 1, before subreddits are balanced. */
  readonly weight: number
  /** The class. Undefined if the label is not clear, or has a weight below 1; such a post is not used in evaluation. */
  readonly serious: boolean | undefined
  readonly features: Int32Array
}

const MAX_PER_SUBREDDIT = 4_000

/**
 * Reads the labelled posts. A post with a text makes two rows, one with the text and one with the title alone, because
 * half of Reddit's posts have only titles. A post in several sources counts once; entries that are not posts are
 * counted and skipped.
 * @throws OperationalError when a source cannot be read, or a class has no post
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
  /** The class; undefined for a subreddit of a parody pair whose label is not clear. */
  readonly serious: boolean | undefined
  readonly title: string
  /** The text, cut to the length that a scoring model reads; empty if there is none. */
  readonly selftext: string
}

/**
 * Reads the posts that clearly belong to one class, and those of parody pairs; each id once.
 * @throws OperationalError when a source cannot be read, or a class has no post
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

/** Copies a text, because a slice would keep the whole text that it was cut from in memory. */
const ownText = (slice: string): string => Buffer.from(slice).toString()

/** Passes on the posts of all sources, each accepted id once, and prints how many were found. */
async function readEach(
  sources: readonly PostSource[],
  report: () => string,
  take: (post: LabelledText) => boolean,
): Promise<void> {
  const taken = new Set<string>()
  for (const { name, read } of sources) {
    let broken = 0
    for await (const post of read(() => broken++)) if (!taken.has(post.id) && take(post)) taken.add(post.id)
    console.log(`${name}: ${report()}${broken === 0 ? '' : `, ${broken} lines that are not posts`}`)
  }
}

const labelOf = ({ posts, subreddits }: Labels, { id, subreddit }: LabelledText): Label | undefined =>
  posts.get(id) ?? subreddits.get(subreddit)

function checkBothClasses(posts: readonly { readonly serious: boolean | undefined }[]): void {
  for (const serious of [true, false]) {
    if (!posts.some((post) => post.serious === serious))
      throw new OperationalError(
        `No post is labelled ${serious ? 'serious' : 'unserious'}. Check that the labels belong to these posts.`,
      )
  }
}
