import type { Explanation } from './explanation.ts'
import type { TextPost } from './features.ts'
import type { Model } from './model.ts'

export type { Contribution, Explanation } from './explanation.ts'

/**
 * Why a post has its score. Of a model that is linear in its features, as the one that comes with Gravitas, this is exact:
 * each contribution is what the feature adds. Of any other model a contribution is what the log-odds lose when the word is
 * left out everywhere in the post, `base` those of an empty post, and what words only do together is a contribution of its
 * own, so that all add up in either case.
 * @param signal its abort ends the work early, where there is much of it
 */
export const explainPost = (model: Model, post: TextPost, signal?: AbortSignal): Promise<Explanation> =>
  model.explain(post, signal)
