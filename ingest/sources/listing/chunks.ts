const MAX_NAMES = 100
/** The length of all names in a URL together. Some proxies cut URLs at two thousand characters. */
const MAX_LENGTH = 1_500

/** A stored post, as far as it is needed to count it in its hour. */
export interface TakenPost {
  /** The subreddit's name in lower case. */
  readonly subreddit: string
  /** Seconds since the epoch; undefined when the post has no time. */
  readonly createdUtc: number | undefined
}

/** Subreddits that are read with one request: `r/a+b+c/new`. */
export interface Chunk {
  /** Names in lower case. */
  readonly names: string[]
  /** When the top of its listing is read next, on the monotonic clock. */
  dueMs: number
  /** When its whole window is read next (a deep reading). A post that was approved late appears in the middle of the listing. */
  deepDueMs: number
  /** How many readings in a row have failed. */
  failures: number
  /** Whether the last reading from the top has not reached settled posts, because it still goes on or has failed. */
  incomplete: boolean
  /** Whether it holds a suspended subreddit on trial, which will join another chunk when it can be read. */
  readonly isTrial: boolean
  /**
   * Posts, by id, that were stored by a reading that is not complete. They are not stored again. But they are not settled: the posts
   * below them may not be stored yet, so the next reading must not stop at them.
   */
  readonly provisional: Map<string, TakenPost>
}

export const createChunk = (names: readonly string[], nowMs: number, isTrial = false): Chunk => ({
  names: [...names],
  dueMs: nowMs,
  deepDueMs: nowMs,
  failures: 0,
  incomplete: true,
  isTrial,
  provisional: new Map(),
})

/** Packs names into as few chunks as the limits on a request allow. */
export function packChunks(names: readonly string[], nowMs: number): Chunk[] {
  const chunks: Chunk[] = []
  for (const name of names) {
    const roomy = findRoom(chunks, name)
    if (roomy === undefined) chunks.push(createChunk([name], nowMs))
    else roomy.names.push(name)
  }
  return chunks
}

/** Finds a chunk that has room for a name. */
export const findRoom = (chunks: readonly Chunk[], name: string): Chunk | undefined =>
  chunks.find(({ names }) => names.length < MAX_NAMES && length(names) + name.length < MAX_LENGTH)

const length = (names: readonly string[]): number => names.reduce((sum, name) => sum + name.length + 1, 0)

/** Splits a list into two halves. For a single item the second half is empty. */
export function halve<T>(items: readonly T[]): [T[], T[]] {
  const middle = Math.ceil(items.length / 2)
  return [items.slice(0, middle), items.slice(middle)]
}
