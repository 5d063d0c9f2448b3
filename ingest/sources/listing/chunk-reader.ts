import { toIsoTime } from '../../../schema/hours.ts'
import type { Clock } from '../../http/clock.ts'
import { RedirectedError, RefusedError, UnavailableError } from '../../http/errors.ts'
import type { SourceContext } from '../live/source.ts'
import { halve, type Chunk, type TakenPost } from './chunks.ts'
import type { Holds } from './holds.ts'
import type { ListingPosition } from './listing-position.ts'
import type { ListingClient, Submission } from './listing-page.ts'
import { redirectedName, WindowReader } from './window-reader.ts'

export interface ChunkReaderOptions {
  readonly client: ListingClient
  readonly clock: Clock
  readonly context: SourceContext
  readonly position: ListingPosition
  readonly holds: Holds
  /** Pages of one reading at most. */
  readonly maxPages: number
  /** Whether to read each subreddit by itself where the window that they share does not reach back far enough. */
  readonly readsBeyond: boolean
}

/** One reading of a chunk: what it has stored beyond the chunk's own window, and what stays missing. */
interface Reading {
  readonly chunk: Chunk
  /** Posts of single subreddits from beyond the window that they share. */
  readonly beyond: Map<string, TakenPost>
  readonly gaps: { readonly name: string; readonly from: number; readonly until: number }[]
  /** By name, how far back the reading went, seconds since the epoch; 0: to the end of all posts, or to known ground. */
  readonly reach: Map<string, number>
  /** Names that redirects led to: two may lead to each other. */
  readonly renamed: Set<string>
  /** Time of the newest post that was read, seconds since the epoch. */
  newestUtc: number
}

/** Reads chunks down to known ground, finds who is to blame for a refusal, and closes gaps as far as Reddit lets it. */
export class ChunkReader {
  readonly #options: ChunkReaderOptions
  readonly #apart = new WeakMap<Chunk, string[]>()
  readonly #heard = new Set<string>()

  constructor(options: ChunkReaderOptions) {
    this.#options = options
  }

  /**
   * Reads a chunk from its top to known ground and stores what is new. Subreddits that are refused are taken out of it and
   * held. When this returns, the position has advanced. @throws UnavailableError; what was read is stored all the same
   */
  async read(chunk: Chunk): Promise<void> {
    const { client, clock, position, context } = this.#options
    const startMs = clock.elapsedMs()
    const reading: Reading = {
      chunk,
      beyond: new Map(),
      gaps: [],
      reach: new Map(),
      renamed: new Set(),
      newestUtc: 0,
    }
    await this.#readNames(chunk.names.slice(), reading)
    // Reckoned back, because before the first answer the server's clock is not known.
    const startUtc = Math.floor((client.serverMs - clock.elapsedMs() + startMs) / 1_000)
    for (const { name, from, until } of reading.gaps) {
      const reason = 'older than what the listing offers'
      await context.recordGap({ of: name, from: toIsoTime(from), until: toIsoTime(until), reason })
    }
    // By the posts' own times, where there are any: they alone can be compared with other posts' times.
    const throughUtc = reading.newestUtc === 0 ? startUtc : Math.floor(reading.newestUtc)
    this.#noteHours(reading, startUtc)
    position.advance(chunk.names, throughUtc)
    this.#settle(chunk)
  }

  #noteHours({ chunk, gaps, reach, beyond }: Reading, startUtc: number): void {
    const { hours } = this.#options.position
    for (const name of chunk.names) hours.begin(name, reach.get(name) ?? startUtc, startUtc)
    for (const { name, from, until } of gaps) hours.addGap(name, from, until)
    for (const name of chunk.names) hours.readTo(name, startUtc)
    this.#options.position.count(beyond.values())
  }

  /** A reading is complete: what it stored is known ground. */
  #settle({ provisional }: Chunk): void {
    const { position } = this.#options
    position.count(provisional.values())
    position.know(provisional.keys())
    provisional.clear()
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
      await client.readListing({ path: `/r/${name}/new`, query: { limit: '1' } }, context.signal)
      return true
    } catch (error) {
      if (!(error instanceof RefusedError || error instanceof RedirectedError)) throw error
      return false
    }
  }

  deepWindow({ names, provisional }: Chunk): WindowReader {
    const { client, position, maxPages } = this.#options
    return new WindowReader({ client, names, known: position.known, stored: [provisional], toEnd: true, maxPages })
  }

  /** One page of a reading of the whole window. @returns whether that was the last */
  async readDeepPage(chunk: Chunk, window: WindowReader): Promise<boolean> {
    try {
      await this.#store(await window.next(this.#options.context.signal), chunk.provisional)
    } catch (error) {
      const passing =
        error instanceof UnavailableError || error instanceof RefusedError || error instanceof RedirectedError
      if (!passing) throw error
      // The next reading of its top meets the same and deals with it.
      return true
    }
    if (window.end !== undefined && !chunk.incomplete) this.#settle(chunk)
    return window.end !== undefined
  }

  /** Names of this chunk that Reddit refused only together with the others; they are no longer in it. */
  takeApart(chunk: Chunk): string[] {
    const names = this.#apart.get(chunk) ?? []
    this.#apart.delete(chunk)
    remove(chunk, names)
    return names
  }

  async #readNames(names: readonly string[], reading: Reading): Promise<void> {
    try {
      await this.#readWindow(names, reading, reading.chunk.provisional)
    } catch (error) {
      if (!(error instanceof RefusedError || error instanceof RedirectedError)) throw error
      if (names.length === 1) return this.#blame(names[0]!, error, reading)
      await this.#readHalves(names, reading)
    }
  }

  async #readHalves(names: readonly string[], reading: Reading): Promise<void> {
    const [first, second] = halve(names)
    await this.#readNames(first, reading)
    await this.#readNames(second, reading)
    const allThere = names.every((name) => reading.chunk.names.includes(name))
    if (allThere) this.#apart.set(reading.chunk, second)
  }

  /** @param taken where to note what is stored: the chunk's own window, or beyond it */
  async #readWindow(names: readonly string[], reading: Reading, taken: Map<string, TakenPost>): Promise<void> {
    const { client, position, context, maxPages } = this.#options
    const stored = [reading.chunk.provisional, reading.beyond]
    const window = new WindowReader({
      client,
      names,
      known: position.known,
      stored,
      toEnd: position.isNew(names),
      maxPages,
    })
    while (window.end === undefined) await this.#store(await window.next(context.signal), taken)
    reading.newestUtc = Math.max(reading.newestUtc, window.newestUtc)
    const reach = window.end === 'window' ? Math.floor(window.oldestUtc) : 0
    for (const name of names) reading.reach.set(name, Math.min(reach, reading.reach.get(name) ?? reach))
    if (window.end === 'window') await this.#readBeyond(names, window.oldestUtc, reading)
  }

  /** Each subreddit has a window of its own, which reaches further back than the one that it shares. */
  async #readBeyond(names: readonly string[], oldestUtc: number, reading: Reading): Promise<void> {
    const { position, readsBeyond } = this.#options
    const missing = names.filter((name) => (position.through.get(name) ?? Number.POSITIVE_INFINITY) < oldestUtc)
    if (missing.length === 0) return
    if (names.length === 1 || !readsBeyond) {
      const gaps = missing.map((name) => ({ name, from: position.through.get(name)!, until: oldestUtc }))
      return void reading.gaps.push(...gaps)
    }
    for (const half of missing.length === 1 ? [missing] : halve(missing)) {
      await this.#readWindow(half, reading, reading.beyond)
    }
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

  async #blame(name: string, error: RefusedError | RedirectedError, reading: Reading): Promise<void> {
    const { position, holds, context } = this.#options
    const renamed = error instanceof RedirectedError ? redirectedName(error.path) : undefined
    remove(reading.chunk, [name])
    const usable = renamed !== undefined && renamed !== name && !renamed.includes('+')
    if (!usable || reading.renamed.has(renamed)) return holds.put(name, explain(error))
    reading.renamed.add(renamed)
    context.logger.info({ subreddit: name, renamed }, 'subreddit has another name now')
    holds.lift(name, false)
    if (reading.chunk.names.includes(renamed)) return
    const stored = position.through.get(name)
    position.begin([renamed], stored ?? Math.floor(this.#options.client.serverMs / 1_000))
    reading.chunk.names.push(renamed)
    await this.#readNames([renamed], reading)
  }
}

function remove(chunk: Chunk, names: readonly string[]): void {
  for (const name of names) {
    const index = chunk.names.indexOf(name)
    if (index >= 0) chunk.names.splice(index, 1)
  }
}

function explain(error: RefusedError | RedirectedError): string {
  if (error instanceof RefusedError) return error.message.trim()
  return error.path.startsWith('/subreddits/search') ? 'does not exist' : error.message
}
