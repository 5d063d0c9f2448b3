import { logitOf, sigmoid, train, type Linear } from './logistic-regression.ts'
import { auc, aucIfBoth, mean, reliability, type Ranked } from './metrics.ts'
import { random, shuffle } from './random.ts'
import type { Example, Pair } from './read-training-data.ts'
import { subredditWeights } from './subreddit-weights.ts'

const FOLDS = 4
const CALIBRATION_ROUNDS = 25

export interface Metrics {
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
export function crossValidate(
  examples: readonly Example[],
  groupOf: (subreddit: string) => string,
  seed: number,
): Ranked[][] {
  const groups = shuffle([...new Set(examples.map(({ subreddit }) => groupOf(subreddit)))].sort(), random(seed))
  const foldOf = new Map(groups.map((group, index) => [group, index % FOLDS]))
  const folds: Ranked[][] = []
  for (let fold = 0; fold < FOLDS; fold++) {
    const isHeldOut = ({ subreddit }: Example): boolean => foldOf.get(groupOf(subreddit)) === fold
    const model = train(
      examples.filter((example) => !isHeldOut(example)),
      seed,
    )
    const judged = examples.filter(isHeldOut).map((example) => {
      return { subreddit: example.subreddit, serious: example.serious, score: logitOf(model, example) }
    })
    folds.push(judged)
    console.log(`fold ${fold + 1} of ${FOLDS}: AUC ${auc(judged).toFixed(4)} on subreddits that it has not met`)
  }
  return folds
}

const rounded = (value: number): number => Number(value.toFixed(4))

export function measure(folds: readonly Ranked[][], line: Line, pairs: readonly Pair[]): Metrics {
  const judged = folds.flat()
  const probability = ({ score }: Ranked): number => sigmoid(line.slope * score + line.intercept)
  const { calibrationError, brierScore } = reliability(judged.map((one) => ({ ...one, score: probability(one) })))
  return {
    heldOutSubredditsAuc: rounded(auc(judged)),
    foldAucs: folds.map((fold) => rounded(auc(fold))),
    ...meanPairAuc(judged, pairs),
    calibrationError: rounded(calibrationError),
    brierScore: rounded(brierScore),
  }
}

/** Empty where no pair can be judged. */
function meanPairAuc(judged: readonly Ranked[], pairs: readonly Pair[]): Partial<Metrics> {
  const aucs = pairs
    .map((pair) => aucIfBoth(judged.filter(({ subreddit }) => pair.includes(subreddit))))
    .filter((value) => value !== undefined)
  return aucs.length === 0 ? {} : { parodyPairsAuc: rounded(mean(aucs)) }
}

interface Line {
  readonly slope: number
  readonly intercept: number
}

/** Platt scaling: the line that turns held-out logits into the probabilities that they deserve, by Newton's method. */
export function fitCalibration(judged: readonly Ranked[]): Line {
  const weightOf = subredditWeights(judged)
  let [slope, intercept] = [1, 0]
  for (let round = 0; round < CALIBRATION_ROUNDS; round++) {
    let [g0, g1, h00, h01, h11] = [0, 0, 1e-9, 0, 1e-9]
    for (const { subreddit, serious, score: logit } of judged) {
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
export const calibrate = ({ weights, bias }: Linear, { slope, intercept }: Line): Linear => ({
  weights: weights.map((weight) => weight * slope),
  bias: bias * slope + intercept,
})
