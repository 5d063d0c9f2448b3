import type { Line } from './calibration.ts'
import { asQuantised, logitOf, sigmoid, train } from './logistic-regression.ts'
import { auc, aucIfBoth, mean, reliability, type Ranked } from './metrics.ts'
import type { Pair } from './labels.ts'
import { random, shuffle } from './random.ts'
import type { Example } from './read-training-data.ts'

const FOLDS = 4
/** Of posts, for the random split. */
const HELD_OUT_SHARE = 0.1

export interface Metrics {
  /** Every subreddit weighs the same; each is scored by a model that has met neither it nor its parody. */
  readonly heldOutSubredditsAuc: number
  /** Of the folds that hold both classes. */
  readonly foldAucs: readonly number[]
  /** Of unseen posts from subreddits that the model knows. */
  readonly randomSplitAuc: number
  /** Mean over the pairs that have posts on both sides, of which the model met neither. */
  readonly parodyPairsAuc?: number
  /** Expected calibration error in ten bins, after calibration. */
  readonly calibrationError: number
  readonly brierScore: number
}

/** What a model that had not met it made of an example. */
export interface Judged {
  readonly example: Example
  /** Log-odds. */
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
    console.log(`fold ${fold + 1} of ${FOLDS}: AUC ${own} on subreddits that it has not met`)
  }
  return folds
}

/** Scores a random tenth by a model that was trained on the rest: a post stays whole, with its text and without. */
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

/** Those that are judged by. */
export const toRanked = (judged: readonly Judged[]): Ranked[] =>
  judged.flatMap(({ example: { subreddit, serious }, score }) =>
    serious === undefined ? [] : [{ subreddit, serious, score }],
  )

/** Which fold each group of subreddits is in. Groups of either class, of both and of none are dealt out each by themselves. */
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

/** By the sides of the pairs. Empty where no pair can be judged. */
function meanPairAuc(judged: readonly Judged[], pairs: readonly Pair[]): Partial<Metrics> {
  const bySubreddit = Map.groupBy(judged, ({ example }) => example.subreddit)
  const side = (name: string, serious: boolean): Ranked[] =>
    (bySubreddit.get(name) ?? []).map(({ score }) => ({ subreddit: name, serious, score }))
  const aucs = pairs
    .map(([serious, parody]) => aucIfBoth([...side(serious, true), ...side(parody, false)]))
    .filter((value) => value !== undefined)
  return aucs.length === 0 ? {} : { parodyPairsAuc: rounded(mean(aucs)) }
}
