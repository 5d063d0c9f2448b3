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
}

/** Erases posts for good. */
export interface Eraser {
  /** Resolves when they are erased. @throws what kept it from being done, and the signal's reason */
  erase(posts: readonly GonePost[], reason: string, signal: AbortSignal): Promise<void>
}

/** Where posts are looked for that may be gone, and who erases them. */
export interface PostLog {
  readonly stored: StoredPosts
  readonly eraser: Eraser
}
