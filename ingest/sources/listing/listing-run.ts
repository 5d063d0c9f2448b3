import type { Clock } from '../../http/clock.ts'
import { UnavailableError } from '../../http/errors.ts'
import type { SourceContext } from '../live/source.ts'
import { untilStopped } from '../live/until-stopped.ts'
import { createChunk, findRoom, packChunks, type Chunk } from './chunks.ts'
import { ChunkReader, isPassing } from './chunk-reader.ts'
import { remove, type ChunkReading } from './chunk-reading.ts'
import { SuspendedSubreddits } from './suspended-subreddits.ts'
import type { ListingClient } from './listing-page.ts'
import type { ListingPosition } from './listing-position.ts'
import { ListingReports } from './listing-reports.ts'
import type { WindowReader } from './window-reader.ts'

/** Even while all requests are needed for readings from the top, one this often is used for less urgent work. */
const MAX_SPARE_PAUSE_MS = 10_000
const SAVE_INTERVAL_MS = 5_000
/** How long a chunk that failed waits for its next reading, at first and at most. */
const FIRST_WAIT_MS = 10_000
const MAX_WAIT_MS = 300_000

export interface ListingOptions {
  /** The name of the source. */
  readonly name: string
  readonly client: ListingClient
  readonly clock: Clock
  /** Names in lower case. */
  readonly subreddits: readonly string[]
  readonly pollIntervalMs: number
  /** How often the whole window of each chunk is read again. */
  readonly deepIntervalMs: number
  /** How many pages of one window are read at most. */
  readonly maxPages: number
  /** Whether to read subreddits on their own when the window that they share does not reach back far enough. */
  readonly readsBeyond: boolean
}

/** Reads listings one page at a time and decides which page is read next. */
export class ListingRun {
  readonly #options: ListingOptions
  readonly #context: SourceContext
  readonly #chunks: Chunk[]
  readonly #position: ListingPosition
  readonly #suspended: SuspendedSubreddits
  readonly #reader: ChunkReader
  /** The deep reading that goes on, if there is one. */
  #deep: { readonly chunk: Chunk; readonly window: WindowReader } | undefined
  /** When a request was last used for less urgent work. */
  #spareUsedMs = 0
  /** Readings that are not complete. The one that has waited longest comes first. */
  readonly #readings = new Map<Chunk, ChunkReading>()
  /** Whether the last page that was read was the top of a listing. */
  #wasTop = false
  /** Subreddits without any stored post, to be tried on their own. */
  readonly #silent: string[] = []
  readonly #reports: ListingReports
  #savedMs: number

  constructor(options: ListingOptions, context: SourceContext, chunks: Chunk[], position: ListingPosition) {
    this.#options = options
    this.#context = context
    this.#chunks = chunks
    this.#position = position
    this.#suspended = new SuspendedSubreddits(options.clock, context.logger)
    this.#reader = new ChunkReader({ ...options, context, position, suspended: this.#suspended })
    this.#reports = new ListingReports({ ...options, context, position })
    this.#savedMs = options.clock.elapsedMs()
  }

  async run(): Promise<void> {
    const step = async (): Promise<void> => {
      await this.#step()
      if (this.#reports.isDue) await this.#reports.report(this.#chunks.flatMap(({ names }) => names))
      if (this.#now - this.#savedMs >= SAVE_INTERVAL_MS) await this.#save()
    }
    await untilStopped(this.#context.signal, step, () => this.#position.save())
  }

  get #now(): number {
    return this.#options.clock.elapsedMs()
  }

  /**
   * Reads one page, or sleeps. Tops that are due alternate with the next pages of incomplete readings. When neither is needed, the
   * request is used for less urgent work.
   */
  async #step(): Promise<void> {
    const chunk = this.#chunks.reduce<Chunk | undefined>(
      (a, b) => (a === undefined || b.dueMs < a.dueMs ? b : a),
      undefined,
    )
    if (chunk === undefined) this.#suspended.retryWithin(MAX_WAIT_MS)
    const topDue = chunk !== undefined && chunk.dueMs <= this.#now
    const [reading] = this.#readings.values()
    const isSpare = (!topDue && reading === undefined) || this.#now - this.#spareUsedMs >= MAX_SPARE_PAUSE_MS
    if (isSpare && (await this.#useSpare())) return
    if (reading !== undefined && (!topDue || this.#wasTop)) return this.#readOn(reading)
    if (topDue) return this.#readTop(chunk)
    const untilMs = Math.min(
      chunk?.dueMs ?? Number.POSITIVE_INFINITY,
      this.#suspended.nextRetryMs,
      this.#now + SAVE_INTERVAL_MS,
    )
    await this.#options.clock.sleep(untilMs - this.#now, this.#context.signal)
  }

  /**
   * Does one piece of less urgent work: it retries a suspended subreddit, reads a page of a deep reading, or tries a silent subreddit.
   * @returns whether there was anything to do
   */
  async #useSpare(): Promise<boolean> {
    const suspended = this.#suspended.due()
    const deep = suspended === undefined && this.#deepDue()
    const silent = suspended === undefined && !deep ? this.#silent.pop() : undefined
    if (suspended !== undefined) await this.#tryAgain(suspended)
    else if (deep) await this.#readDeep()
    else if (silent !== undefined) await this.#trySilent(silent)
    else return false
    return true
  }

  async #readTop(chunk: Chunk): Promise<void> {
    this.#wasTop = true
    chunk.dueMs = this.#now + this.#options.pollIntervalMs
    const reading = this.#readings.get(chunk)
    if (reading !== undefined) return this.#peek(reading)
    chunk.incomplete = true
    await this.#readOn(this.#reader.open(chunk))
  }

  /** Reads the top of a chunk while its reading goes on further down. */
  async #peek(reading: ChunkReading): Promise<void> {
    try {
      await reading.peek()
    } catch (error) {
      // The reading's next page will meet the same error and handle it.
      if (!isPassing(error)) throw error
    }
  }

  async #readOn(reading: ChunkReading): Promise<void> {
    const { chunk } = reading
    this.#wasTop = false
    // Deleting and adding it again moves this reading behind those that have waited longer.
    this.#readings.delete(chunk)
    try {
      if (await reading.next()) this.#finish(reading)
      else this.#readings.set(chunk, reading)
    } catch (error) {
      if (!(error instanceof UnavailableError)) throw error
      this.#putOff(chunk, error)
    }
    if (chunk.names.length === 0) this.#drop(chunk)
  }

  #finish(reading: ChunkReading): void {
    const { chunk, needsRepeat, isFirst, apart } = reading
    chunk.failures = 0
    chunk.incomplete = needsRepeat
    if (needsRepeat) chunk.dueMs = this.#now
    if (isFirst) this.#readWhole(chunk)
    remove(chunk, apart)
    // Reddit refuses these names together with the others, but not on their own, so they get a chunk of their own.
    if (apart.length > 0) this.#chunks.push(createChunk(apart, this.#now))
    else if (chunk.isTrial && !needsRepeat) this.#join(chunk)
  }

  /** Moves subreddits that can be read again into other chunks that have room and no incomplete reading. */
  #join(chunk: Chunk): void {
    const others = this.#chunks.filter((other) => other !== chunk)
    const settled = others.filter((other) => !other.incomplete)
    for (const name of chunk.names.slice()) {
      const isThere = others.some(({ names }) => names.includes(name))
      const roomy = isThere ? undefined : findRoom(settled, name)
      roomy?.names.push(name)
      if (isThere || roomy !== undefined) remove(chunk, [name])
    }
    if (chunk.names.length === 0) this.#drop(chunk)
  }

  #drop(chunk: Chunk): void {
    const index = this.#chunks.indexOf(chunk)
    if (index >= 0) this.#chunks.splice(index, 1)
    this.#readings.delete(chunk)
    if (this.#deep?.chunk === chunk) this.#deep = undefined
  }

  /** Notes that the whole window of a chunk was read, so that its silent subreddits are known. */
  #readWhole(chunk: Chunk): void {
    chunk.deepDueMs = this.#now + this.#options.deepIntervalMs
    if (chunk.names.length > 1) this.#silent.push(...this.#reader.silent(chunk.names))
  }

  /** Tries a subreddit without posts on its own. If it cannot be read, Reddit refuses it with a reason, and it is suspended. */
  async #trySilent(name: string): Promise<void> {
    this.#spareUsedMs = this.#now
    try {
      if (await this.#reader.canRead(name)) return
    } catch (error) {
      if (error instanceof UnavailableError) return
      throw error
    }
    const chunk = this.#chunks.find(({ names }) => names.includes(name))
    if (chunk === undefined) return
    remove(chunk, [name])
    if (chunk.names.length === 0) this.#drop(chunk)
    await this.#tryAgain(name)
  }

  /** Puts off a chunk that failed, so that it does not delay the others. A single chunk is delayed by the client's own waits. */
  #putOff(chunk: Chunk, error: UnavailableError): void {
    chunk.failures++
    if (this.#deep?.chunk === chunk) this.#deep = undefined
    const waitMs = Math.min(MAX_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(chunk.failures - 1, 10))
    if (this.#chunks.length > 1) chunk.dueMs = this.#now + waitMs
    this.#context.logger.error(
      { subreddits: chunk.names.length, reason: error.message },
      'could not read a listing; will retry',
    )
  }

  /** Reads a suspended subreddit on its own. When that succeeds, it is no longer suspended. */
  async #tryAgain(name: string): Promise<void> {
    this.#spareUsedMs = this.#now
    const chunk = createChunk([name], this.#now + this.#options.pollIntervalMs, true)
    const reading = this.#reader.open(chunk)
    let done = false
    try {
      done = await reading.next()
    } catch (error) {
      if (!(error instanceof UnavailableError)) throw error
      return this.#suspended.suspend(name, error.message)
    }
    if (chunk.names.length === 0) return
    this.#suspended.resume(name)
    if (this.#chunks.length === 0) this.#tryOthers()
    this.#chunks.push(chunk)
    if (done) this.#finish(reading)
    else this.#readings.set(chunk, reading)
  }

  /** When no subreddit could be read and one can again, the fault was Reddit's: the others are read again together, as at the start. */
  #tryOthers(): void {
    const { names } = this.#suspended
    if (names.length === 0) return
    for (const name of names) this.#suspended.resume(name, false)
    this.#chunks.push(...packChunks(names, this.#now))
    this.#context.logger.info({ subreddits: names.length }, 'trying the other subreddits again')
  }

  #deepDue(): boolean {
    if (this.#deep !== undefined) return true
    const chunk = this.#chunks.find(({ deepDueMs, incomplete }) => !incomplete && deepDueMs <= this.#now)
    if (chunk === undefined) return false
    chunk.deepDueMs = this.#now + this.#options.deepIntervalMs
    this.#deep = { chunk, window: this.#reader.deepWindow(chunk) }
    return true
  }

  async #readDeep(): Promise<void> {
    const { chunk, window } = this.#deep!
    this.#spareUsedMs = this.#now
    const ended = await this.#reader.readDeepPage(chunk, window)
    if (ended) this.#deep = undefined
  }

  async #save(): Promise<void> {
    this.#savedMs = this.#now
    await this.#position.save()
  }
}
