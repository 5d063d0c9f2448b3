import type { LogStatus } from '../log/log-status.ts'

/**
 * Decides about scores whose post is not in the read model. A post is in the log before its score. So once the read
 * model has applied everything that was in POSTS when the score was read, a post that is still missing will not come:
 * it was erased or never published.
 */
export class OrphanWatch {
  readonly #log: LogStatus
  readonly #onKnown: () => void
  #isAsking = false
  /** Scores up to `scores` are decided once POSTS is applied up to `posts`. */
  #known = { scores: 0, posts: 0 }

  constructor(log: LogStatus, onKnown: () => void) {
    this.#log = log
    this.#onKnown = onKnown
  }

  /**
   * Whether the post of an orphaned score may still come.
   * @param scores the sequence up to which the read model has applied SCORES
   * @param posts the sequence up to which the read model has applied POSTS
   */
  mayCome({ sequence }: { sequence: number }, scores: number, posts: number): boolean {
    if (sequence <= this.#known.scores) return posts < this.#known.posts
    void this.#ask(scores)
    return true
  }

  async #ask(scores: number): Promise<void> {
    if (this.#isAsking) return
    this.#isAsking = true
    const posts = await this.#log.lastSequence('POSTS')
    this.#isAsking = false
    if (posts === undefined) return
    this.#known = { scores, posts }
    this.#onKnown()
  }
}
