import { BUCKETS } from '../scorer/features.ts'
import { toScale } from '../scorer/model.ts'
import type { QuantisedModel } from './onnx-writer.ts'
import { random, shuffle } from './random.ts'
import type { Example } from './read-training-data.ts'
import { subredditWeights } from './subreddit-weights.ts'

const EPOCHS = 10
const LEARNING_RATE = 0.09
const BIAS_LEARNING_RATE = 0.001
const WEIGHT_DECAY = 1e-3
/** Targets are 0.03 and 0.97, which keeps weights from growing on what is told apart already. */
const LABEL_SMOOTHING = 0.03
const MIN_SUBREDDITS = 3
/** Steps of a quantised weight on either side of zero. */
const MAX_STEPS = 127

export interface Linear {
  readonly weights: Float32Array
  readonly bias: number
}

/** Logistic regression by AdaGrad, each subreddit and each class with equal weight. */
export function train(examples: readonly Example[], seed: number): Linear {
  const allowed = commonFeatures(examples)
  const weightOf = balancedWeight(examples)
  const weights = new Float32Array(BUCKETS)
  const squares = new Float32Array(BUCKETS).fill(1e-4)
  let bias = 0
  const next = random(seed)
  for (let epoch = 1; epoch <= EPOCHS; epoch++) {
    let loss = 0
    for (const example of shuffle(examples, next)) {
      const { serious, features, count } = example
      const scale = toScale(count)
      const p = sigmoid(bias + scale * sumOf(weights, features))
      const error = (p - (serious ? 1 - LABEL_SMOOTHING : LABEL_SMOOTHING)) * weightOf(example)
      loss -= Math.log(Math.max(1e-9, serious ? p : 1 - p))
      for (const index of features) {
        if (allowed[index] === 0) continue
        const gradient = error * scale + WEIGHT_DECAY * weights[index]!
        squares[index]! += gradient * gradient
        weights[index]! -= (LEARNING_RATE * gradient) / Math.sqrt(squares[index]!)
      }
      bias -= BIAS_LEARNING_RATE * error
    }
    console.log(`  epoch ${epoch} of ${EPOCHS}: loss ${(loss / examples.length).toFixed(4)}`)
  }
  return { weights, bias }
}

/** Features seen in several subreddits: what only one says is its topic or its custom. */
function commonFeatures(examples: readonly Example[]): Uint8Array {
  const subreddits = new Uint8Array(BUCKETS)
  const lastSeen = new Map<string, Set<number>>()
  for (const { subreddit, features } of examples) {
    let seen = lastSeen.get(subreddit)
    if (seen === undefined) lastSeen.set(subreddit, (seen = new Set()))
    for (const index of features) seen.add(index)
  }
  for (const seen of lastSeen.values()) for (const index of seen) if (subreddits[index]! < 255) subreddits[index]!++
  return subreddits.map((count, index) => (index > 0 && count >= MIN_SUBREDDITS ? 1 : 0))
}

/** The weight of an example, by which subreddits weigh the same, and the two classes too. */
function balancedWeight(examples: readonly Example[]): (example: Example) => number {
  const weights = subredditWeights(examples)
  const totals = { true: 0, false: 0 }
  for (const { subreddit, serious } of examples) totals[`${serious}`] += weights.get(subreddit)!
  const half = (totals.true + totals.false) / 2
  return ({ subreddit, serious }) => (weights.get(subreddit)! * half) / totals[`${serious}`]
}

export const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x))

/** The log-odds of one row of features. */
export function logitOf({ weights, bias }: Linear, { features, count }: Example): number {
  return bias + toScale(count) * sumOf(weights, features)
}

function sumOf(weights: Float32Array, features: Int32Array): number {
  let sum = 0
  for (const index of features) sum += weights[index]!
  return sum
}

/** Rounds weights to whole steps, the largest of them to 127. */
export function quantise({ weights, bias }: Linear): QuantisedModel {
  const step = weights.reduce((largest, weight) => Math.max(largest, Math.abs(weight)), 1e-9) / MAX_STEPS
  return { weights: Int8Array.from(weights, (weight) => Math.round(weight / step)), step, bias }
}
