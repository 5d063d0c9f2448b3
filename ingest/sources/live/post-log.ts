/** A post from Reddit's API as it is stored in the log. Times are seconds since the epoch. */
export interface StoredPost {
  /** The sequence of its message in POSTS. */
  readonly sequence: number
  readonly id: string
  readonly subreddit: string
  readonly createdUtc: number
  readonly storedUtc: number
}

/** A page of posts in the order of the log. */
export interface StoredPage {
  /** Only posts from Reddit's API; other messages of the page are left out. */
  readonly posts: readonly StoredPost[]
  /** The last sequence that this page covers. */
  readonly through: number
}

/** Reads stored posts. A post whose erasure is recorded is among them until the eraser has deleted its messages. */
export interface StoredPosts {
  /** The last sequence that was stored before a time (seconds since the epoch). */
  before(utc: number): Promise<number>
  /** Reads a page of the messages after a sequence. At the end of the log, `through` equals `after`. */
  read(after: number): Promise<StoredPage>
  /** Returns the ids of the posts whose erasures were recorded after a sequence, the oldest first. */
  erasedAfter(sequence: number): Promise<string[]>
}

/** A stored post that was deleted on Reddit. */
export interface DeletedPost {
  readonly id: string
  readonly subreddit: string
  readonly createdUtc: number
  /** Why it is erased, in words. */
  readonly reason: string
}

/** Records that posts are erased. */
export interface ErasureLog {
  /** Resolves when all erasures are recorded durably. @throws the error that publishing failed with */
  record(posts: readonly DeletedPost[]): Promise<void>
}

/** What the check for deletions works on: the stored posts, and the log in which it records erasures. */
export interface PostLog {
  readonly stored: StoredPosts
  readonly erasures: ErasureLog
}
