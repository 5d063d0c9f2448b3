import type { ScoringModel } from '../scorer/models/scoring-model.ts'
import { auc, aucIfBoth, binOf, mean, reliability, type Ranked, type ReliabilityBin } from './metrics.ts'
import type { Pair } from './labels.ts'
import type { EvaluationPost } from './read-training-data.ts'

const BATCH_POSTS = 1_000
const HISTOGRAM_BINS = 20
const EXPLAINED_POSTS = 2_000
const MIN_OCCURRENCES = 10
const WORDS_SHOWN = 25
const MISTAKES_SHOWN = 15

export interface Metrics {
  readonly auc: number
  readonly aucWithText: number | undefined
  /** The AUC on posts without a text. */
  readonly aucTitleOnly: number | undefined
  /** The AUC on all posts, scored by their titles alone. */
  readonly aucTextHidden: number
  readonly accuracy: number
  readonly brierScore: number
  readonly calibrationError: number
}

export interface Evaluation {
  readonly model: string
  /** The number of labelled posts. */
  readonly posts: number
  readonly postsPerSecond: number
  readonly metrics: Metrics
  readonly bins: readonly ReliabilityBin[]
  /** The share of each class in each of twenty steps of the score. */
  readonly histogram: { readonly serious: readonly number[]; readonly unserious: readonly number[] }
  readonly pairs: readonly { readonly serious: string; readonly parody: string; readonly auc: number }[]
  /** The subreddits, the most serious first. */
  readonly subreddits: readonly {
    readonly name: string
    readonly serious: boolean | undefined
    readonly mean: number
    readonly posts: number
  }[]
  /** The mean contribution of features, in log-odds; the strongest in each direction. */
  readonly words: readonly { readonly feature: string; readonly logit: number; readonly posts: number }[]
  readonly mistakes: readonly { readonly title: string; readonly subreddit: string; readonly seriousness: number }[]
}

interface Scored extends EvaluationPost {
  readonly score: number
  readonly titleScore: number
}

/** Measures how well a scoring model judges labelled posts. */
export async function evaluate(
  model: ScoringModel,
  posts: readonly EvaluationPost[],
  pairs: readonly Pair[],
): Promise<Evaluation> {
  const startMs = performance.now()
  const scores = await scoreAll(model, posts)
  const seconds = (performance.now() - startMs) / 1_000
  const withText = posts.filter(({ selftext }) => selftext !== '')
  const hidden = await scoreAll(
    model,
    withText.map(({ title }) => ({ title })),
  )
  const titleScores = new Map(withText.map((post, at) => [post, hidden[at]!]))
  const scored: Scored[] = posts.map((post, at) => ({
    ...post,
    score: scores[at]!,
    titleScore: titleScores.get(post) ?? scores[at]!,
  }))
  const labelled = scored.filter((post): post is Scored & { serious: boolean } => post.serious !== undefined)
  const { calibrationError, brierScore, bins } = reliability(labelled)
  return {
    model: model.name,
    posts: labelled.length,
    postsPerSecond: posts.length / seconds,
    metrics: {
      auc: auc(labelled),
      aucWithText: aucIfBoth(labelled.filter(({ selftext }) => selftext !== '')),
      aucTitleOnly: aucIfBoth(labelled.filter(({ selftext }) => selftext === '')),
      aucTextHidden: auc(labelled.map((post) => ({ ...post, score: post.titleScore }))),
      accuracy: accuracyOf(labelled),
      brierScore,
      calibrationError,
    },
    bins,
    histogram: { serious: histogramOf(labelled, true), unserious: histogramOf(labelled, false) },
    pairs: pairs.flatMap((pair) => comparePair(scored, pair)),
    subreddits: rank(scored),
    words: await strongestWords(model, labelled),
    mistakes: worst(labelled),
  }
}

async function scoreAll(
  model: ScoringModel,
  posts: readonly { title: string; selftext?: string }[],
): Promise<number[]> {
  const scores: number[] = []
  for (let at = 0; at < posts.length; at += BATCH_POSTS)
    for (const score of await model.score(posts.slice(at, at + BATCH_POSTS))) scores.push(score)
  return scores
}

/** The share of posts on the right side of 0.5; every subreddit weighs the same. */
const accuracyOf = (posts: readonly Ranked[]): number =>
  mean(
    [...Map.groupBy(posts, ({ subreddit }) => subreddit).values()].map(
      (own) => own.filter(({ serious, score }) => score >= 0.5 === serious).length / own.length,
    ),
  )

function histogramOf(posts: readonly Ranked[], serious: boolean): number[] {
  const own = posts.filter((post) => post.serious === serious)
  const counts = Array.from({ length: HISTOGRAM_BINS }, () => 0)
  for (const { score } of own) counts[binOf(score, HISTOGRAM_BINS)]!++
  return counts.map((count) => count / Math.max(1, own.length))
}

/** The AUC of a pair, with its sides as classes. The subreddits of a pair need no label. */
function comparePair(scored: readonly Scored[], [serious, parody]: Pair): Evaluation['pairs'] {
  const both = scored
    .filter(({ subreddit }) => subreddit === serious || subreddit === parody)
    .map(({ subreddit, score }): Ranked => ({ subreddit, score, serious: subreddit === serious }))
  const value = aucIfBoth(both)
  return value === undefined ? [] : [{ serious, parody, auc: value }]
}

function rank(scored: readonly Scored[]): Evaluation['subreddits'] {
  return [...Map.groupBy(scored, ({ subreddit }) => subreddit)]
    .map(([name, own]) => ({
      name,
      serious: own[0]!.serious,
      mean: mean(own.map(({ score }) => score)),
      posts: own.length,
    }))
    .sort((a, b) => b.mean - a.mean)
}

async function strongestWords(model: ScoringModel, posts: readonly Scored[]): Promise<Evaluation['words']> {
  const every = Math.max(1, Math.floor(posts.length / EXPLAINED_POSTS))
  const sums = new Map<string, { logit: number; posts: number }>()
  for (let at = 0; at < posts.length; at += every) {
    for (const { feature, logit } of (await model.explain(posts[at]!)).contributions) {
      const sum = sums.get(feature) ?? { logit: 0, posts: 0 }
      sums.set(feature, { logit: sum.logit + logit, posts: sum.posts + 1 })
    }
  }
  const words = [...sums]
    .filter(([, sum]) => sum.posts >= MIN_OCCURRENCES)
    .map(([feature, sum]) => ({ feature, logit: sum.logit / sum.posts, posts: sum.posts }))
    .sort((a, b) => b.logit - a.logit)
  return words.length <= 2 * WORDS_SHOWN ? words : [...words.slice(0, WORDS_SHOWN), ...words.slice(-WORDS_SHOWN)]
}

function worst(posts: readonly (Scored & { serious: boolean })[]): Evaluation['mistakes'] {
  const distance = ({ score, serious }: Ranked): number => Math.abs(score - Number(serious))
  return [...posts]
    .sort((a, b) => distance(b) - distance(a))
    .slice(0, MISTAKES_SHOWN)
    .map(({ title, subreddit, score }) => ({ title, subreddit, seriousness: score }))
}
