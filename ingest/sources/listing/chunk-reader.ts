import { isRefusal, UnavailableError } from '../../http/errors.ts'
import { ChunkReading, settleChunk, type ReadingOptions } from './chunk-reading.ts'
import type { Chunk, TakenPost } from './chunks.ts'
import type { Submission } from './listing-page.ts'
import { PAGE_LIMIT, WindowReader } from './window-reader.ts'

export type ChunkReaderOptions = Omit<ReadingOptions, 'store'>

/** Reads chunks: from the top, the whole window once more, and whether a subreddit can be read at all. */
export class ChunkReader {
  readonly #options: ReadingOptions
  readonly #heard = new Set<string>()

  constructor(options: ChunkReaderOptions) {
    this.#options = { ...options, store: (posts, taken) => this.#store(posts, taken) }
  }

  /** A reading from the top, of which nothing is read yet. */
  open(chunk: Chunk): ChunkReading {
    return new ChunkReading(chunk, this.#options)
  }

  /** Which of these had no post so far: Reddit leaves out of a list what cannot be read, without a word. */
  silent(names: readonly string[]): string[] {
    return names.filter((name) => !this.#heard.has(name))
  }

  /**
   * Whether a subreddit can be read by itself.
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

  deepWindow({ names, provisional }: Chunk): WindowReader {
    const { client, position, maxPages } = this.#options
    return new WindowReader({ client, names, settled: position.settled, stored: [provisional], toEnd: true, maxPages })
  }

  /** One page of a reading of the whole window. @returns whether that was the last */
  async readDeepPage(chunk: Chunk, window: WindowReader): Promise<boolean> {
    const { context, position } = this.#options
    try {
      await this.#store(await window.next(context.signal), chunk.provisional)
    } catch (error) {
      if (!isPassing(error)) throw error
      // The next reading of its top meets the same and deals with it.
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
      this.#heard.add(subreddit)
    }
  }
}

/** Whether it is about this page now, and not about the source. */
export const isPassing = (error: unknown): boolean => error instanceof UnavailableError || isRefusal(error)
