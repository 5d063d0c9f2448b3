import type { Line } from './calibration.ts'
import { asQuantised, logitOf, sigmoid, train } from './logistic-regression.ts'
import { auc, aucIfBoth, mean, reliability, type Ranked } from './metrics.ts'
import type { Pair } from './labels.ts'
import { random, shuffle } from './random.ts'
import type { Example } from './read-training-data.ts'

const FOLDS = 4
/** The share of posts that the random split holds out. */
const HELD_OUT_SHARE = 0.1

export interface Metrics {
  /** Every subreddit weighs the same, and is scored by a model that was trained on neither it nor its parody. */
  readonly heldOutSubredditsAuc: number
  /** The AUC of each fold that has both classes. */
  readonly foldAucs: readonly number[]
  /** The AUC on posts that were held out, from subreddits that the model was trained on. */
  readonly randomSplitAuc: number
  /** The mean AUC of the pairs with posts on both sides; the model was trained on neither side. */
  readonly parodyPairsAuc?: number
  /** Expected calibration error in ten bins, after calibration. */
  readonly calibrationError: number
  readonly brierScore: number
}

/** An example with the score of a model that was not trained on it. */
export interface Judged {
  readonly example: Example
  /** The score, as log-odds. */
  readonly score: number
}

/** Scores all examples by models that were not trained on their subreddits, nor on the parodies of those. */
export function crossValidate(
  examples: readonly Example[],
  groupOf: (subreddit: string) => string,
  seed: number,
): Judged[][] {
  const foldOf = dealFolds(examples, groupOf, seed)
  const folds: Judged[][] = []
  for (let fold = 0; fold < FOLDS; fold++) {
    const judged = holdOut(examples, ({ subreddit }) => foldOf.get(groupOf(subreddit)) === fold, seed)
    folds.push(judged)
    const own = aucIfBoth(toRanked(judged))?.toFixed(4) ?? 'unknown (one class only)'
    console.log(`fold ${fold + 1} of ${FOLDS}: AUC ${own} on subreddits that the model was not trained on`)
  }
  return folds
}

/** Scores a random tenth of the posts by a model that was trained on the rest. Both rows of a post are held out together. */
export function holdOutAtRandom(examples: readonly Example[], seed: number): Judged[] {
  const next = random(seed)
  const drawn = new Map<number, boolean>()
  for (const { post } of examples) if (!drawn.has(post)) drawn.set(post, next() < HELD_OUT_SHARE)
  return holdOut(examples, ({ post }) => drawn.get(post)!, seed)
}

function holdOut(examples: readonly Example[], isHeldOut: (example: Example) => boolean, seed: number): Judged[] {
  const known = examples.filter((example) => !isHeldOut(example))
  const model = asQuantised(train(known, seed))
  return examples.filter(isHeldOut).map((example) => ({ example, score: logitOf(model, example) }))
}

/** The examples that a model is judged by. */
export const toRanked = (judged: readonly Judged[]): Ranked[] =>
  judged.flatMap(({ example: { subreddit, serious }, score }) =>
    serious === undefined ? [] : [{ subreddit, serious, score }],
  )

/** The fold of each group of subreddits. Groups with one class, the other, both or none are spread separately. */
function dealFolds(
  examples: readonly Example[],
  groupOf: (subreddit: string) => string,
  seed: number,
): Map<string, number> {
  const classes = new Map<string, number>()
  for (const { subreddit, serious } of examples) {
    const group = groupOf(subreddit)
    const own = serious === undefined ? 0 : serious ? 1 : 2
    classes.set(group, (classes.get(group) ?? 0) | own)
  }
  const shuffled = shuffle([...classes.keys()].sort(), random(seed))
  const byClass = shuffled.sort((a, b) => classes.get(a)! - classes.get(b)!)
  return new Map(byClass.map((group, index) => [group, index % FOLDS]))
}

const rounded = (value: number): number => Number(value.toFixed(4))

export function measure(
  folds: readonly Judged[][],
  randomly: readonly Judged[],
  line: Line,
  pairs: readonly Pair[],
): Metrics {
  const ranked = toRanked(folds.flat())
  const probability = ({ score }: Ranked): number => sigmoid(line.slope * score + line.intercept)
  const { calibrationError, brierScore } = reliability(ranked.map((one) => ({ ...one, score: probability(one) })))
  return {
    heldOutSubredditsAuc: rounded(auc(ranked)),
    foldAucs: folds.flatMap((fold) => aucIfBoth(toRanked(fold)) ?? []).map(rounded),
    randomSplitAuc: rounded(auc(toRanked(randomly))),
    ...meanPairAuc(folds.flat(), pairs),
    calibrationError: rounded(calibrationError),
    brierScore: rounded(brierScore),
  }
}

/** The AUC of each pair, with its sides as classes. Empty if no pair has posts on both sides. */
function meanPairAuc(judged: readonly Judged[], pairs: readonly Pair[]): Partial<Metrics> {
  const bySubreddit = Map.groupBy(judged, ({ example }) => example.subreddit)
  const side = (name: string, serious: boolean): Ranked[] =>
    (bySubreddit.get(name) ?? []).map(({ score }) => ({ subreddit: name, serious, score }))
  const aucs = pairs
    .map(([serious, parody]) => aucIfBoth([...side(serious, true), ...side(parody, false)]))
    .filter((value) => value !== undefined)
  return aucs.length === 0 ? {} : { parodyPairsAuc: rounded(mean(aucs)) }
}
