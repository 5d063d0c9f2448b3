import type { Explanation } from './explanation.ts'
import type { TextPost } from './features.ts'

/** A trained model, which turns posts into seriousness from 0 to 1 with four decimals. */
export interface ScoringModel {
  readonly name: string
  /** Scores posts; the scores are in the order of the posts. */
  score(posts: readonly TextPost[]): Promise<number[]>
  /**
   * Explains the score of a post.
   * @param signal stops an explanation that takes many inference calls, between two of them
   */
  explain(post: TextPost, signal?: AbortSignal): Promise<Explanation>
}
