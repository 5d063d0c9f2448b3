import { subredditSizes, subredditWeights } from './subreddit-weights.ts'

/** A post with its label and the score that a model gave it. */
export interface Ranked {
  readonly subreddit: string
  readonly serious: boolean
  /** The score, as log-odds or a probability. A higher one is more serious. */
  readonly score: number
}

export interface ReliabilityBin {
  /** The means over the posts of the bin; undefined if it has none. */
  readonly predicted: number | undefined
  readonly serious: number | undefined
  /** The share of all posts that are in the bin, 0 to 1. */
  readonly share: number
}

export interface Reliability {
  /** Expected calibration error, over ten bins of equal width. */
  readonly calibrationError: number
  readonly brierScore: number
  readonly bins: readonly ReliabilityBin[]
}

const BINS = 10

/** The bin of a probability among `bins` of equal width; 1 belongs to the last. */
export const binOf = (probability: number, bins: number): number => Math.min(bins - 1, Math.floor(probability * bins))

/** The mean of some values; NaN if there are none. */
export const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

/**
 * How well probabilities match the shares of serious posts. Every subreddit has the same weight, except that tiny ones
 * have less.
 */
export function reliability(judged: readonly Ranked[]): Reliability {
  const weightOf = subredditWeights(judged)
  const sums = Array.from({ length: BINS }, () => ({ weight: 0, predicted: 0, serious: 0 }))
  let [total, squares] = [0, 0]
  for (const { subreddit, serious, score } of judged) {
    const weight = weightOf.get(subreddit)!
    const bin = sums[binOf(score, BINS)]!
    bin.weight += weight
    bin.predicted += weight * score
    bin.serious += weight * Number(serious)
    squares += weight * (score - Number(serious)) ** 2
    total += weight
  }
  const error = sums.reduce((sum, { predicted, serious }) => sum + Math.abs(predicted - serious), 0) / total
  const bins = sums.map(({ weight, predicted, serious }) => ({
    predicted: weight === 0 ? undefined : predicted / weight,
    serious: weight === 0 ? undefined : serious / weight,
    share: weight / total,
  }))
  return { calibrationError: error, brierScore: squares / total, bins }
}

/** Area under the ROC curve, ties counted half, every subreddit with the same weight. */
export function auc(judged: readonly Ranked[]): number {
  const sizes = subredditSizes(judged)
  const sorted = [...judged].sort((a, b) => a.score - b.score)
  let [below, positives, sum] = [0, 0, 0]
  for (let start = 0, end = 0; start < sorted.length; start = end) {
    let [tiedPositives, tiedNegatives] = [0, 0]
    for (; end < sorted.length && sorted[end]!.score === sorted[start]!.score; end++) {
      const weight = 1 / sizes.get(sorted[end]!.subreddit)!
      if (sorted[end]!.serious) tiedPositives += weight
      else tiedNegatives += weight
    }
    sum += tiedPositives * (below + tiedNegatives / 2)
    below += tiedNegatives
    positives += tiedPositives
  }
  // Because of rounding, products of weights can add up to slightly more than 1.
  return Math.min(1, sum / (positives * below))
}

/** @returns undefined unless both classes have posts */
export const aucIfBoth = (judged: readonly Ranked[]): number | undefined =>
  judged.some(({ serious }) => serious) && judged.some(({ serious }) => !serious) ? auc(judged) : undefined
