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
  /** Pages of one window at most. */
  readonly maxPages: number
  /** Whether to read each subreddit by itself where the window that they share does not reach back far enough. */
  readonly readsBeyond: boolean
  /** Stores posts and notes them in `taken`. */
  readonly store: (posts: readonly Submission[], taken: Map<string, TakenPost>) => Promise<void>
}

/**
 * One reading of a chunk from its top to known ground, a page at a time, so that others can be read between two pages.
 * Finds who is to blame for a refusal, and closes gaps as far as Reddit lets it.
 */
export class ChunkReading {
  readonly chunk: Chunk
  /** Whether one of its subreddits was never read before. */
  readonly isFirst: boolean
  /** Names that Reddit refused only together with the others. */
  apart: readonly string[] = []
  readonly #options: ReadingOptions
  readonly #pages: AsyncGenerator<void, void, void>
  /** The chunk's own window. */
  #window: WindowReader | undefined
  /** Posts of single subreddits from beyond the window that they share. */
  readonly #beyond = new Map<string, TakenPost>()
  readonly #gaps: { readonly name: string; readonly from: number; readonly until: number }[] = []
  /** By name, how far back the reading went, seconds since the epoch; 0: to the end of all posts, or to known ground. */
  readonly #reach = new Map<string, number>()
  /** Names that redirects led to: two may lead to each other. */
  readonly #renamed = new Set<string>()
  /** Posts seen at the top meanwhile, between which and the reading's own top others may lie. */
  readonly #unconnected = new Set<string>()
  /** Time of the newest post that was read, seconds since the epoch. */
  #newestUtc = 0

  constructor(chunk: Chunk, options: ReadingOptions) {
    this.chunk = chunk
    this.#options = options
    this.isFirst = options.position.isNew(chunk.names)
    this.#pages = this.#read()
  }

  /** Whether the top moved on so fast meanwhile that it must be read once more. */
  get needsRepeat(): boolean {
    return this.#unconnected.size > 0
  }

  /**
   * Reads one more page and stores what is new. Subreddits that are refused are taken out of the chunk and held.
   * @returns whether that was the last page: then the position has advanced
   * @throws UnavailableError, after which this reading is over; what was read is stored all the same
   */
  async next(): Promise<boolean> {
    return (await this.#pages.next()).done === true
  }

  /** Reads the newest page again while this reading goes on far below it. @throws what reading a page throws */
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
    // Reckoned back, because before the first answer the server's clock is not known.
    const startUtc = Math.floor((client.serverMs - clock.elapsedMs() + startMs) / 1_000)
    for (const { name, from, until } of this.#gaps) {
      const reason = 'older than what the listing offers'
      await context.recordGap({ of: name, from: toIsoTime(from), until: toIsoTime(until), reason })
    }
    // By the posts' own times, where there are any: they alone can be compared with other posts' times.
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
      if (names.length === 1) yield* this.#blame(names[0]!, error)
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

  /** @param taken where to note what is stored: the chunk's own window, or beyond it */
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

  /** Each subreddit has a window of its own, which reaches further back than the one that it shares. */
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

  /** What keeps failing by itself does not keep the others from getting on. */
  async *#readApart(names: readonly string[]): AsyncGenerator<void, void, void> {
    try {
      yield* this.#readWindow(names, this.#beyond)
    } catch (error) {
      if (!(error instanceof UnavailableError)) throw error
      remove(this.chunk, names)
      for (const name of names) this.#options.suspended.suspend(name, error.message)
    }
  }

  async *#blame(name: string, error: RefusedError | RedirectedError): AsyncGenerator<void, void, void> {
    const { suspended } = this.#options
    remove(this.chunk, [name])
    this.#window = undefined
    const renamed = error instanceof RedirectedError ? redirectedName(error.path) : undefined
    const usable = renamed !== undefined && renamed !== name && !renamed.includes('+') && !this.#renamed.has(renamed)
    if (usable) yield* this.#follow(name, renamed)
    if (usable && this.chunk.names.includes(renamed)) suspended.resume(name, false)
    else suspended.suspend(name, error.message.trim())
  }

  /** Reads a subreddit under the name that it has now, unless that is read anyway. */
  async *#follow(name: string, renamed: string): AsyncGenerator<void, void, void> {
    const { position, context, client } = this.#options
    this.#renamed.add(renamed)
    if (this.chunk.names.includes(renamed)) return
    context.logger.info({ subreddit: name, renamed }, 'subreddit has another name now')
    position.begin([renamed], position.through.get(name) ?? Math.floor(client.serverMs / 1_000))
    this.chunk.names.push(renamed)
    yield* this.#readNames([renamed])
  }
}

/** A reading is complete: what it stored is known ground, but what lies unconnected above it. */
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

/** Takes names out of a chunk. */
export function remove(chunk: Chunk, names: readonly string[]): void {
  for (const name of names) {
    const index = chunk.names.indexOf(name)
    if (index >= 0) chunk.names.splice(index, 1)
  }
}
