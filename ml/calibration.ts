import { OperationalError } from '../schema/runtime/errors.ts'
import { sigmoid, type Linear } from './logistic-regression.ts'
import type { Ranked } from './metrics.ts'
import { subredditWeights } from './subreddit-weights.ts'

/** The line that maps a model's log-odds to calibrated log-odds. */
export interface Line {
  readonly slope: number
  readonly intercept: number
}

const MAX_ROUNDS = 100
const MAX_HALVINGS = 30
/** The fit ends when a step improves the weighted log-likelihood of a post by less than this. */
const LEAST_GAIN = 1e-10

interface Target {
  readonly logit: number
  readonly weight: number
  readonly target: number
}

/**
 * Platt scaling: fits the line that turns held-out log-odds into calibrated probabilities, by Newton's method with halved
 * steps. Targets are a little short of 0 and 1 (Platt 1999; Lin, Lin and Weng 2007), so that the slope stays finite when
 * the classes are separated without a mistake.
 * @throws OperationalError when log-odds are not numbers
 */
export function fitCalibration(judged: readonly Ranked[]): Line {
  const spread = Math.sqrt(judged.reduce((sum, { score }) => sum + score * score, 0) / judged.length) || 1
  const targets = toTargets(judged, spread)
  let line: Line = { slope: 1, intercept: 0 }
  let loss = lossOf(targets, line)
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const step = newtonStep(targets, line)
    const next = descend(targets, line, step, loss)
    if (next === undefined) break
    const gain = loss - next.loss
    ;({ line, loss } = next)
    if (gain < LEAST_GAIN) break
  }
  if (!Number.isFinite(loss) || !Number.isFinite(line.slope))
    throw new OperationalError('The scores cannot be calibrated: some of them are not numbers.')
  return { slope: line.slope / spread, intercept: line.intercept }
}

/** Log-odds in units of their spread. Without this, Newton's method fails on huge log-odds, where the loss is flat. */
function toTargets(judged: readonly Ranked[], spread: number): Target[] {
  const weights = subredditWeights(judged)
  const serious = judged.filter((one) => one.serious).length
  const [high, low] = [(serious + 1) / (serious + 2), 1 / (judged.length - serious + 2)]
  const total = judged.reduce((sum, { subreddit }) => sum + weights.get(subreddit)!, 0)
  return judged.map(({ subreddit, serious, score }) => ({
    logit: score / spread,
    weight: weights.get(subreddit)! / total,
    target: serious ? high : low,
  }))
}

/** Cross-entropy in a form in which large log-odds do not overflow. */
function lossOf(targets: readonly Target[], { slope, intercept }: Line): number {
  let loss = 0
  for (const { logit, weight, target } of targets) {
    const z = slope * logit + intercept
    loss += weight * (Math.max(z, 0) - z * target + Math.log1p(Math.exp(-Math.abs(z))))
  }
  return loss
}

function newtonStep(targets: readonly Target[], { slope, intercept }: Line): Line {
  let [g0, g1, h00, h01, h11] = [0, 0, 1e-9, 0, 1e-9]
  for (const { logit, weight, target } of targets) {
    const p = sigmoid(slope * logit + intercept)
    const [error, curvature] = [weight * (p - target), weight * p * (1 - p)]
    g0 += error
    g1 += error * logit
    h00 += curvature
    h01 += curvature * logit
    h11 += curvature * logit * logit
  }
  const determinant = h00 * h11 - h01 * h01
  return { intercept: (h11 * g0 - h01 * g1) / determinant, slope: (h00 * g1 - h01 * g0) / determinant }
}

/** The longest of the step, its half, its quarter and so on that makes the loss smaller; undefined if none does. */
function descend(
  targets: readonly Target[],
  { slope, intercept }: Line,
  step: Line,
  loss: number,
): { line: Line; loss: number } | undefined {
  for (let part = 1, tries = 0; tries < MAX_HALVINGS; part /= 2, tries++) {
    const line = { slope: slope - part * step.slope, intercept: intercept - part * step.intercept }
    const next = lossOf(targets, line)
    if (next < loss) return { line, loss: next }
  }
  return undefined
}

/** Folds the line into the model. */
export const calibrate = ({ weights, bias }: Linear, { slope, intercept }: Line): Linear => ({
  weights: weights.map((weight) => weight * slope),
  bias: bias * slope + intercept,
})
