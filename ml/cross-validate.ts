import type { Line } from './calibration.ts'
import { logitOf, sigmoid, train, type Linear } from './logistic-regression.ts'
import { auc, aucIfBoth, mean, reliability, type Ranked } from './metrics.ts'
import { random, shuffle } from './random.ts'
import type { Example, Pair } from './read-training-data.ts'

const FOLDS = 4

export interface Metrics {
  /** Every subreddit weighs the same; each is scored by a model that has met neither it nor its parody. */
  readonly heldOutSubredditsAuc: number
  /** Of the folds that hold both classes. */
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
  const foldOf = dealFolds(examples, groupOf, seed)
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
    const own = aucIfBoth(judged)?.toFixed(4) ?? 'unknown (one class only)'
    console.log(`fold ${fold + 1} of ${FOLDS}: AUC ${own} on subreddits that it has not met`)
  }
  return folds
}

/** Which fold each group of subreddits is in. Serious, unserious and mixed groups are dealt out each by themselves. */
function dealFolds(
  examples: readonly Example[],
  groupOf: (subreddit: string) => string,
  seed: number,
): Map<string, number> {
  const classes = new Map<string, number>()
  for (const { subreddit, serious } of examples) {
    const group = groupOf(subreddit)
    classes.set(group, (classes.get(group) ?? 0) | (serious ? 1 : 2))
  }
  const shuffled = shuffle([...classes.keys()].sort(), random(seed))
  const byClass = shuffled.sort((a, b) => classes.get(a)! - classes.get(b)!)
  return new Map(byClass.map((group, index) => [group, index % FOLDS]))
}

const rounded = (value: number): number => Number(value.toFixed(4))

export function measure(folds: readonly Ranked[][], line: Line, pairs: readonly Pair[]): Metrics {
  const judged = folds.flat()
  const probability = ({ score }: Ranked): number => sigmoid(line.slope * score + line.intercept)
  const { calibrationError, brierScore } = reliability(judged.map((one) => ({ ...one, score: probability(one) })))
  return {
    heldOutSubredditsAuc: rounded(auc(judged)),
    foldAucs: folds.flatMap((fold) => aucIfBoth(fold) ?? []).map(rounded),
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

/** Folds the line into the model. */
export const calibrate = ({ weights, bias }: Linear, { slope, intercept }: Line): Linear => ({
  weights: weights.map((weight) => weight * slope),
  bias: bias * slope + intercept,
})
