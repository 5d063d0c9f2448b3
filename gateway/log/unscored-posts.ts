/** Fewer posts than this, or than one in a hundred, may be posts that the scoring model cannot score. */
const FEW_POSTS = 100
const FEW_SHARE = 0.01
const SETTLED_MS = 15_000

export interface PostCounts {
  /** Posts in the read model `posts`. */
  readonly posts: number
  /** Posts with a score of the promoted scoring model. */
  readonly scored: number
  /** Whether no scorer and no read model has anything left to do. */
  readonly isIdle: boolean
}

/**
 * Finds posts that have no score and that nobody will score: the scorers have taken every post, and the read models have
 * applied every score. This happens when SCORES was re-created, but the scorers' consumer on POSTS was not.
 */
export class UnscoredPosts {
  #sinceMs: number | undefined

  /**
   * @param atMs the monotonic clock
   * @returns the number of such posts; 0 while there are few, and until there have been many for fifteen seconds
   */
  add(atMs: number, { posts, scored, isIdle }: PostCounts): number {
    const unscored = posts - scored
    const isMany = isIdle && unscored > FEW_POSTS && unscored > posts * FEW_SHARE
    this.#sinceMs = isMany ? (this.#sinceMs ?? atMs) : undefined
    return this.#sinceMs !== undefined && atMs - this.#sinceMs >= SETTLED_MS ? unscored : 0
  }
}
