/** A post of Reddit's as it lies in the log. Times are seconds since the epoch. */
export interface StoredPost {
  /** Of its message in POSTS. */
  readonly sequence: number
  readonly id: string
  readonly subreddit: string
  readonly createdUtc: number
  readonly storedUtc: number
}

/** Some posts of the log, in its order. */
export interface StoredPage {
  /** Those that came from Reddit; others are passed over. */
  readonly posts: readonly StoredPost[]
  /** Sequence up to which the log was read. */
  readonly through: number
}

/** The stored posts. Erased ones are not among them. */
export interface StoredPosts {
  /** Another one means another log, whose sequences mean other posts. */
  identity(): Promise<string>
  /** The sequence before the first message stored at that time (seconds since the epoch) or later. */
  before(utc: number): Promise<number>
  /** What comes after a sequence, up to a page of it; where nothing does, `through` is `after`. */
  read(after: number): Promise<StoredPage>
}

/** A post that is gone on Reddit. */
export interface GonePost {
  readonly id: string
  readonly subreddit: string
  readonly createdUtc: number
  /** Why it is gone, in words. */
  readonly reason: string
}

/** Records that posts are to be erased. */
export interface ErasureLog {
  /** Resolves when all of them are recorded durably. @throws what publishing throws */
  record(posts: readonly GonePost[]): Promise<void>
}

/** The stored posts that may be gone on Reddit, and the log in which their erasure is recorded. */
export interface PostLog {
  readonly stored: StoredPosts
  readonly erasures: ErasureLog
}
