import { OperationalError } from '../schema/runtime/errors.ts'
import { BUCKETS, toScale } from '../scorer/models/features.ts'
import type { QuantisedModel } from './onnx-writer.ts'
import { random, shuffle } from './random.ts'
import type { Example } from './read-training-data.ts'
import { subredditWeights } from './subreddit-weights.ts'

const EPOCHS = 6
const LEARNING_RATE = 0.09
const BIAS_LEARNING_RATE = 0.001
const WEIGHT_DECAY = 1e-3
const MIN_SUBREDDITS = 3
/** The number of steps of a quantised weight on each side of zero. */
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
      const { target, features } = example
      const scale = toScale(features.length)
      const p = sigmoid(bias + scale * sumOf(weights, features))
      const weight = weightOf(example)
      const error = (p - target) * weight
      loss -= weight * (target * Math.log(Math.max(1e-9, p)) + (1 - target) * Math.log(Math.max(1e-9, 1 - p)))
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

/** Finds the features that occur in several subreddits. A feature of only one shows its topic or its customs. */
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

/**
 * The weight of each example: that of its label, balanced so that all subreddits have the same weight, and both
 * classes.
 */
function balancedWeight(examples: readonly Example[]): (example: Example) => number {
  const weights = subredditWeights(examples)
  const own = ({ subreddit, weight }: Example): number => weights.get(subreddit)! * weight
  let [serious, unserious] = [0, 0]
  for (const example of examples) {
    serious += own(example) * example.target
    unserious += own(example) * (1 - example.target)
  }
  const half = (serious + unserious) / 2
  return (example) => {
    const { target } = example
    return own(example) * half * (target / serious + (1 - target) / unserious)
  }
}

export const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x))

/** The log-odds of one row of features. */
export function logitOf({ weights, bias }: Linear, { features }: Example): number {
  return bias + toScale(features.length) * sumOf(weights, features)
}

function sumOf(weights: Float32Array, features: Int32Array): number {
  let sum = 0
  for (const index of features) sum += weights[index]!
  return sum
}

/** Rounds weights to whole steps, the largest to 127. @throws OperationalError when weights are not numbers */
export function quantise({ weights, bias }: Linear): QuantisedModel {
  if (!Number.isFinite(bias) || !weights.every(Number.isFinite))
    throw new OperationalError('Training did not converge: weights are not numbers.')
  const step = weights.reduce((largest, weight) => Math.max(largest, Math.abs(weight)), 1e-9) / MAX_STEPS
  return { weights: Int8Array.from(weights, (weight) => Math.round(weight / step)), step, bias }
}

/** The model with the rounded weights, which is the one that scores posts. */
export function asQuantised(model: Linear): Linear {
  const { weights, step, bias } = quantise(model)
  return { weights: Float32Array.from(weights, (steps) => steps * step), bias }
}
