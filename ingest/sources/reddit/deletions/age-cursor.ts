import type { StoredPost, StoredPosts } from '../../live/post-log.ts'

/** Stored later than this after its creation, a post's age counts from its storing: that was the first look at it. */
const LATE_S = 3_600

/** Walks through the log as its posts come to an age. What stands in the log is the list of what is to be done. */
export class AgeCursor {
  readonly ageS: number
  readonly #stored: StoredPosts
  #position: number
  /** Read, and not handed out yet. */
  #ahead: StoredPost[] = []
  /** Sequences of those that are handed out and not settled, in ascending order. */
  readonly #open = new Set<number>()

  /** @param position sequence of the log up to which all is done */
  constructor(ageS: number, stored: StoredPosts, position: number) {
    this.ageS = ageS
    this.#stored = stored
    this.#position = position
  }

  /** Everything up to this sequence is settled: after a stop it is gone on from here. */
  get completeThrough(): number {
    for (const first of this.#open) return first - 1
    return this.#ahead[0] === undefined ? this.#position : this.#ahead[0].sequence - 1
  }

  get openPosts(): number {
    return this.#open.size
  }

  /** Reads on where nothing that was read is left. @returns when the next post comes to its age, seconds since the epoch */
  async nextDueUtc(): Promise<number> {
    while (this.#ahead.length === 0) {
      const { posts, through } = await this.#stored.read(this.#position)
      if (through === this.#position) return Number.POSITIVE_INFINITY
      this.#position = through
      this.#ahead = [...posts]
    }
    return this.dueUtc(this.#ahead[0]!)
  }

  /** Hands out the next post; it is open until it is settled. */
  take(): StoredPost {
    const post = this.#ahead.shift()!
    this.#open.add(post.sequence)
    return post
  }

  complete({ sequence }: StoredPost): void {
    this.#open.delete(sequence)
  }

  /** Passes over a post that is erased. */
  forget(id: string): void {
    this.#ahead = this.#ahead.filter((post) => post.id !== id)
  }

  /** When a post comes to this age, seconds since the epoch. */
  dueUtc({ createdUtc, storedUtc }: StoredPost): number {
    const isLate = createdUtc > storedUtc || storedUtc - createdUtc > LATE_S
    return (isLate ? storedUtc : createdUtc) + this.ageS
  }
}
