import type { StoredPost, StoredPosts } from '../../live/post-log.ts'

/** When a post was stored later than this after its creation, its age counts from the time at which it was stored. */
const LATE_S = 3_600

/** Goes through the stored posts in the order of the log, and hands out each of them when it has reached a certain age. */
export class AgeCursor {
  readonly ageS: number
  readonly #stored: StoredPosts
  readonly #erased: ReadonlySet<string>
  #position: number
  /** Posts that were read from the log and not handed out yet. */
  #ahead: StoredPost[] = []
  /** The sequences of posts that were handed out and whose check is not complete, in ascending order. */
  readonly #open = new Set<number>()

  /**
   * @param position the sequence of the log up to which all posts were checked at this age
   * @param erased ids of posts whose erasure is recorded. They are skipped while the log still has them.
   */
  constructor(ageS: number, stored: StoredPosts, position: number, erased: ReadonlySet<string>) {
    this.ageS = ageS
    this.#stored = stored
    this.#erased = erased
    this.#position = position
  }

  /** All posts up to this sequence were checked at this age. After a stop the cursor goes on from here. */
  get completeThrough(): number {
    for (const first of this.#open) return first - 1
    return this.#ahead[0] === undefined ? this.#position : this.#ahead[0].sequence - 1
  }

  /** How many checks are not complete. */
  get openPosts(): number {
    return this.#open.size
  }

  /**
   * Returns when the next post reaches this age, seconds since the epoch; infinity when there is no further post. It reads on in the
   * log when all posts that it has read were handed out.
   */
  async nextDueUtc(): Promise<number> {
    while (this.#ahead.length === 0) {
      const { posts, through } = await this.#stored.read(this.#position)
      if (through === this.#position) return Number.POSITIVE_INFINITY
      this.#position = through
      this.#ahead = posts.filter(({ id }) => !this.#erased.has(id))
    }
    return this.dueUtc(this.#ahead[0]!)
  }

  /** Hands out the next post. Its check is open until {@link complete} is called. */
  take(): StoredPost {
    const post = this.#ahead.shift()!
    this.#open.add(post.sequence)
    return post
  }

  /** Notes that the check of a post is complete. */
  complete({ sequence }: StoredPost): void {
    this.#open.delete(sequence)
  }

  /** Skips a post, because it was erased. */
  forget(id: string): void {
    this.#ahead = this.#ahead.filter((post) => post.id !== id)
  }

  /** When a post reaches this age, seconds since the epoch. */
  dueUtc({ createdUtc, storedUtc }: StoredPost): number {
    const isLate = createdUtc > storedUtc || storedUtc - createdUtc > LATE_S
    return (isLate ? storedUtc : createdUtc) + this.ageS
  }
}
