import { listFeatures, type TextPost } from './features.ts'
import type { Model } from './model.ts'

/** What one word, pair of words or measure of form did to a post's score. */
export interface Contribution {
  readonly feature: string
  /** Added to the log-odds of being serious: above 0 it pushed the score up. */
  readonly logit: number
}

export interface Explanation {
  /** 0…1, as the scorer gives it. */
  readonly seriousness: number
  /** The log-odds before any word is read. */
  readonly base: number
  /** The strongest first; with `base` they add up to the score's log-odds. */
  readonly contributions: readonly Contribution[]
}

/** Why a post has its score: exact for the model, since it is linear. What occurs several times is added up. */
export async function explainPost(model: Model, post: TextPost): Promise<Explanation> {
  const features = listFeatures(post)
  const { base, logits } = await model.explain(features)
  const sums = new Map<string, number>()
  for (const [at, { name }] of features.entries()) sums.set(name, (sums.get(name) ?? 0) + logits[at]!)
  const contributions = [...sums]
    .map(([feature, logit]) => ({ feature, logit }))
    .sort((a, b) => Math.abs(b.logit) - Math.abs(a.logit))
  const [seriousness] = await model.score([post])
  return { seriousness: seriousness!, base, contributions }
}
