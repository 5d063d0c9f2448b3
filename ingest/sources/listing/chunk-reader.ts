import { isRefusal, UnavailableError } from '../../http/errors.ts'
import { ChunkReading, settleChunk, type ReadingOptions } from './chunk-reading.ts'
import type { Chunk, TakenPost } from './chunks.ts'
import type { Submission } from './listing-page.ts'
import { PAGE_LIMIT, WindowReader } from './window-reader.ts'

export type ChunkReaderOptions = Omit<ReadingOptions, 'store'>

/** Opens the readings of chunks, and finds out which subreddits can be read. */
export class ChunkReader {
  readonly #options: ReadingOptions
  /** Subreddits of which at least one post was stored. */
  readonly #seen = new Set<string>()

  constructor(options: ChunkReaderOptions) {
    this.#options = { ...options, store: (posts, taken) => this.#store(posts, taken) }
  }

  /** Begins a reading of a chunk from the top of its listing. No page is read yet. */
  open(chunk: Chunk): ChunkReading {
    return new ChunkReading(chunk, this.#options)
  }

  /**
   * Returns the subreddits of which no post was stored so far. They may be quiet, or unreadable: Reddit leaves some unreadable
   * subreddits out of a list without an error.
   */
  silent(names: readonly string[]): string[] {
    return names.filter((name) => !this.#seen.has(name))
  }

  /**
   * Whether Reddit lets a subreddit be read on its own.
   * @throws UnavailableError
   */
  async canRead(name: string): Promise<boolean> {
    const { client, context } = this.#options
    try {
      await client.readListing({ path: `/r/${name}/new`, query: { limit: String(PAGE_LIMIT) } }, context.signal)
      return true
    } catch (error) {
      if (!isRefusal(error)) throw error
      return false
    }
  }

  /** Begins a deep reading: it reads the whole window, down to the oldest post that Reddit lists. */
  deepWindow({ names, provisional }: Chunk): WindowReader {
    const { client, position, maxPages } = this.#options
    return new WindowReader({ client, names, settled: position.settled, stored: [provisional], toEnd: true, maxPages })
  }

  /** Reads and stores one page of a deep reading. @returns whether it was the last page */
  async readDeepPage(chunk: Chunk, window: WindowReader): Promise<boolean> {
    const { context, position } = this.#options
    try {
      await this.#store(await window.next(context.signal), chunk.provisional)
    } catch (error) {
      if (!isPassing(error)) throw error
      // The next reading from the top will meet the same error and handle it.
      return true
    }
    if (window.end !== undefined && !chunk.incomplete) settleChunk(chunk, position)
    return window.end !== undefined
  }

  async #store(posts: readonly Submission[], taken: Map<string, TakenPost>): Promise<void> {
    const { context, client } = this.#options
    await context.sink.store(
      posts.map(({ data }) => data),
      client.serverMs,
    )
    for (const { id, createdUtc, data } of posts) {
      const subreddit = String(data['subreddit']).toLowerCase()
      taken.set(id, { subreddit, createdUtc })
      this.#seen.add(subreddit)
    }
  }
}

/** Whether an error concerns only the page that was read, so that the source goes on. */
export const isPassing = (error: unknown): boolean => error instanceof UnavailableError || isRefusal(error)
