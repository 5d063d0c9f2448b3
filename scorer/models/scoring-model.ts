import type { Explanation } from './explanation.ts'
import type { TextPost } from './features.ts'

/** A trained model: posts in, seriousness from 0 to 1 with four decimals out. */
export interface ScoringModel {
  readonly name: string
  /** Scores posts; the scores are in the order of the posts. */
  score(posts: readonly TextPost[]): Promise<number[]>
  /**
   * Says what in a post made its score.
   * @param signal stops an explanation that takes many inference calls: it is looked at between two of them
   */
  explain(post: TextPost, signal?: AbortSignal): Promise<Explanation>
}
