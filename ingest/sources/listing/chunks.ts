const MAX_NAMES = 100
/** Of the names in a URL, which some proxies cut at two thousand characters. */
const MAX_LENGTH = 1_500

/** A post that was stored: to whom and when it belongs. */
export interface TakenPost {
  /** In lower case. */
  readonly subreddit: string
  /** Seconds since the epoch; undefined where the post has none. */
  readonly createdUtc: number | undefined
}

/** Subreddits that are read with one request: `r/a+b+c/new`. */
export interface Chunk {
  /** In lower case. */
  readonly names: string[]
  /** When its top is read next, on the monotonic clock. */
  dueMs: number
  /** When its whole window is read next: a post that was approved late appears in the middle of the listing. */
  deepDueMs: number
  failures: number
  /** Whether the reading of its top has not come to known ground: it goes on, or broke off. */
  incomplete: boolean
  /** A subreddit that was held: once it is read, it goes to the others. */
  readonly isTrial: boolean
  /**
   * Posts, by id, that were stored by a reading that is not complete. They are not stored again, but say nothing about what stands
   * below them: were they known ground, the next reading would stop there and lose the rest.
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

/** As few chunks as the limits on a request allow. */
export function packChunks(names: readonly string[], nowMs: number): Chunk[] {
  const chunks: Chunk[] = []
  for (const name of names) {
    const roomy = findRoom(chunks, name)
    if (roomy === undefined) chunks.push(createChunk([name], nowMs))
    else roomy.names.push(name)
  }
  return chunks
}

/** One that has room for a name. */
export const findRoom = (chunks: readonly Chunk[], name: string): Chunk | undefined =>
  chunks.find(({ names }) => names.length < MAX_NAMES && length(names) + name.length < MAX_LENGTH)

const length = (names: readonly string[]): number => names.reduce((sum, name) => sum + name.length + 1, 0)

/** Two halves of at least one name each; the second is empty for a single name. */
export function halve<T>(items: readonly T[]): [T[], T[]] {
  const middle = Math.ceil(items.length / 2)
  return [items.slice(0, middle), items.slice(middle)]
}
