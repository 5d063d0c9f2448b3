import { toIsoTime } from '../../../schema/hours.ts'
import type { Clock } from '../../http/clock.ts'
import { isRefusal, RedirectedError, type RefusedError, UnavailableError } from '../../http/errors.ts'
import type { SourceContext } from '../live/source.ts'
import { halve, type Chunk, type TakenPost } from './chunks.ts'
import type { SuspendedSubreddits } from './suspended-subreddits.ts'
import type { ListingPosition } from './listing-position.ts'
import type { ListingClient, Submission } from './listing-page.ts'
import { redirectedName, WindowReader } from './window-reader.ts'

export interface ReadingOptions {
  readonly client: ListingClient
  readonly clock: Clock
  readonly context: SourceContext
  readonly position: ListingPosition
  readonly suspended: SuspendedSubreddits
  /** How many pages of one window are read at most. */
  readonly maxPages: number
  /** Whether to read subreddits on their own when the window that they share does not reach back far enough. */
  readonly readsBeyond: boolean
  /** Stores posts and adds them to `taken`. */
  readonly store: (posts: readonly Submission[], taken: Map<string, TakenPost>) => Promise<void>
}

/**
 * One reading of a chunk, from the top of its listing down to settled posts. It reads one page at a time, so that other chunks can
 * be read between two pages. When Reddit refuses the chunk, it finds out which subreddit is the reason. When the window that the
 * subreddits share does not reach down to settled posts, it reads them on their own, whose windows reach further back.
 */
export class ChunkReading {
  readonly chunk: Chunk
  /** Whether one of its subreddits was never read before. */
  readonly isFirst: boolean
  /** Subreddits that Reddit refused together with the others, but not on their own. */
  apart: readonly string[] = []
  readonly #options: ReadingOptions
  readonly #pages: AsyncGenerator<void, void, void>
  /** The window of all subreddits of the chunk together. */
  #window: WindowReader | undefined
  /** Stored posts that lie below the shared window, from the windows of single subreddits. */
  readonly #beyond = new Map<string, TakenPost>()
  readonly #gaps: { readonly name: string; readonly from: number; readonly until: number }[] = []
  /** By name, how far back the reading went, seconds since the epoch; 0: to settled posts, or to the end of all posts. */
  readonly #reach = new Map<string, number>()
  /** Names that redirects led to. They are followed only once, because two names may redirect to each other. */
  readonly #renamed = new Set<string>()
  /** New posts seen since this reading began; unread posts may lie between them and its first page. */
  readonly #unconnected = new Set<string>()
  /** Time of the newest post that was read, seconds since the epoch. */
  #newestUtc = 0

  constructor(chunk: Chunk, options: ReadingOptions) {
    this.chunk = chunk
    this.#options = options
    this.isFirst = options.position.isNew(chunk.names)
    this.#pages = this.#read()
  }

  /** Whether the top must be read again, because more posts came during this reading than a page shows. */
  get needsRepeat(): boolean {
    return this.#unconnected.size > 0
  }

  /**
   * Reads one more page and stores its new posts. Subreddits that are refused are removed from the chunk and suspended.
   * @returns whether that was the last page; if so, the position has advanced
   * @throws UnavailableError, which ends this reading; posts read before are stored
   */
  async next(): Promise<boolean> {
    return (await this.#pages.next()).done === true
  }

  /** Reads the newest page again while this reading goes on further down. @throws what reading a page throws */
  async peek(): Promise<void> {
    if (this.#window === undefined) return
    const { posts, joins } = await this.#window.peek(this.#options.context.signal)
    await this.#options.store(posts, this.chunk.provisional)
    if (joins) return
    for (const { id } of posts) this.#unconnected.add(id)
  }

  async *#read(): AsyncGenerator<void, void, void> {
    const { client, clock, position, context } = this.#options
    const startMs = clock.elapsedMs()
    yield* this.#readNames(this.chunk.names.slice())
    // Calculated now and not at the start, because the server's clock is known only after its first answer.
    const startUtc = Math.floor((client.serverMs - clock.elapsedMs() + startMs) / 1_000)
    for (const { name, from, until } of this.#gaps) {
      const reason = 'older than what the listing offers'
      await context.recordGap({ of: name, from: toIsoTime(from), until: toIsoTime(until), reason })
    }
    // The time of the newest post where there is one, because it will be compared with the times of other posts.
    const throughUtc = this.#newestUtc === 0 ? startUtc : Math.floor(this.#newestUtc)
    this.#noteHours(startUtc)
    position.advance(this.chunk.names, throughUtc)
    settleChunk(this.chunk, position, this.#unconnected)
  }

  #noteHours(startUtc: number): void {
    const { hours } = this.#options.position
    for (const name of this.chunk.names) hours.begin(name, this.#reach.get(name) ?? startUtc, startUtc)
    for (const { name, from, until } of this.#gaps) hours.addGap(name, from, until)
    for (const name of this.chunk.names) hours.readTo(name, startUtc)
    this.#options.position.count(this.#beyond.values())
  }

  async *#readNames(names: readonly string[]): AsyncGenerator<void, void, void> {
    try {
      yield* this.#readWindow(names, this.chunk.provisional)
    } catch (error) {
      if (!isRefusal(error)) throw error
      if (names.length === 1) yield* this.#handleRefusal(names[0]!, error)
      else yield* this.#readHalves(names)
    }
  }

  async *#readHalves(names: readonly string[]): AsyncGenerator<void, void, void> {
    this.#window = undefined
    const [first, second] = halve(names)
    yield* this.#readNames(first)
    yield* this.#readNames(second)
    const allThere = names.every((name) => this.chunk.names.includes(name))
    if (allThere) this.apart = second
  }

  /** @param taken receives the stored posts: those of the shared window, or those below it */
  async *#readWindow(names: readonly string[], taken: Map<string, TakenPost>): AsyncGenerator<void, void, void> {
    const { client, position, context, maxPages, store } = this.#options
    const stored = [this.chunk.provisional, this.#beyond]
    const toEnd = position.isNew(names)
    const throughUtc = Math.min(...names.map((name) => position.through.get(name) ?? 0))
    const window = new WindowReader({ client, names, settled: position.settled, stored, toEnd, throughUtc, maxPages })
    if (names.length === this.chunk.names.length) this.#window ??= window
    for (;;) {
      await store(await window.next(context.signal), taken)
      if (window.end !== undefined) break
      yield
    }
    this.#newestUtc = Math.max(this.#newestUtc, window.newestUtc)
    const reach = window.end === 'limit' ? Math.floor(window.oldestUtc) : 0
    for (const name of names) this.#reach.set(name, Math.min(reach, this.#reach.get(name) ?? reach))
    if (window.end === 'limit') yield* this.#readBeyond(names, window.oldestUtc)
  }

  /** Reads subreddits on their own that the shared window did not read far enough back, because their own windows reach further. */
  async *#readBeyond(names: readonly string[], oldestUtc: number): AsyncGenerator<void, void, void> {
    const { position, readsBeyond } = this.#options
    const missing = names.filter((name) => (position.through.get(name) ?? Number.POSITIVE_INFINITY) < oldestUtc)
    if (missing.length === 0) return
    if (names.length === 1 || !readsBeyond) {
      const gaps = missing.map((name) => ({ name, from: position.through.get(name)!, until: oldestUtc }))
      this.#gaps.push(...gaps)
      return
    }
    for (const half of missing.length === 1 ? [missing] : halve(missing)) {
      yield
      yield* this.#readApart(half)
    }
  }

  /** Reads some subreddits apart from the others. When that fails, only they are suspended, so that the others get on. */
  async *#readApart(names: readonly string[]): AsyncGenerator<void, void, void> {
    try {
      yield* this.#readWindow(names, this.#beyond)
    } catch (error) {
      if (!(error instanceof UnavailableError)) throw error
      remove(this.chunk, names)
      for (const name of names) this.#options.suspended.suspend(name, error.message)
    }
  }

  /** Suspends a subreddit that is refused on its own, unless it was renamed and can be read under its new name. */
  async *#handleRefusal(name: string, error: RefusedError | RedirectedError): AsyncGenerator<void, void, void> {
    const { suspended } = this.#options
    remove(this.chunk, [name])
    this.#window = undefined
    const renamed = error instanceof RedirectedError ? redirectedName(error.path) : undefined
    const usable = renamed !== undefined && renamed !== name && !renamed.includes('+') && !this.#renamed.has(renamed)
    if (usable) yield* this.#follow(name, renamed)
    if (usable && this.chunk.names.includes(renamed)) suspended.resume(name, false)
    else suspended.suspend(name, error.message.trim())
  }

  /** Reads a renamed subreddit under its new name, unless the chunk contains that name already. */
  async *#follow(name: string, renamed: string): AsyncGenerator<void, void, void> {
    const { position, context, client } = this.#options
    this.#renamed.add(renamed)
    if (this.chunk.names.includes(renamed)) return
    context.logger.info({ subreddit: name, renamed }, 'subreddit was renamed; reading it under its new name')
    position.begin([renamed], position.through.get(name) ?? Math.floor(client.serverMs / 1_000))
    this.chunk.names.push(renamed)
    yield* this.#readNames([renamed])
  }
}

/** Settles the posts that a complete reading has stored, except those that are not connected with it. */
export function settleChunk(
  { provisional }: Chunk,
  position: ListingPosition,
  unconnected?: ReadonlySet<string>,
): void {
  for (const [id, post] of provisional) {
    if (unconnected?.has(id)) continue
    position.count([post])
    position.settle([id])
    provisional.delete(id)
  }
}

/** Removes names from a chunk. */
export function remove(chunk: Chunk, names: readonly string[]): void {
  for (const name of names) {
    const index = chunk.names.indexOf(name)
    if (index >= 0) chunk.names.splice(index, 1)
  }
}
