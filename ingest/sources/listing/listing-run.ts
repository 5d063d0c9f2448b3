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

/** However busy the tops are, a deep reading gets a page now and then, and so does a silent subreddit. */
const MAX_SPARE_PAUSE_MS = 10_000
const SAVE_INTERVAL_MS = 5_000
const FIRST_WAIT_MS = 10_000
const MAX_WAIT_MS = 300_000

export interface ListingOptions {
  readonly name: string
  readonly client: ListingClient
  readonly clock: Clock
  /** In lower case. */
  readonly subreddits: readonly string[]
  readonly pollIntervalMs: number
  /** How often the whole window is read again. */
  readonly deepIntervalMs: number
  readonly maxPages: number
  readonly readsBeyond: boolean
}

/** Decides what is read next, one page at a time, as long as the source runs. */
export class ListingRun {
  readonly #options: ListingOptions
  readonly #context: SourceContext
  readonly #chunks: Chunk[]
  readonly #position: ListingPosition
  readonly #suspended: SuspendedSubreddits
  readonly #reader: ChunkReader
  #deep: { readonly chunk: Chunk; readonly window: WindowReader } | undefined
  /** When something less urgent than a top was last read. */
  #sparedMs = 0
  /** Readings that have further to go, those that wait longest first. */
  readonly #readings = new Map<Chunk, ChunkReading>()
  /** Whether the last page was the top of a chunk. */
  #wasTop = false
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
   * One page at a time: a top that is due, in turns with the next page of a reading that goes further back; else a
   * subreddit to try again, a page of a deep reading, a subreddit that was silent, a rest.
   */
  async #step(): Promise<void> {
    const chunk = this.#chunks.reduce<Chunk | undefined>(
      (a, b) => (a === undefined || b.dueMs < a.dueMs ? b : a),
      undefined,
    )
    if (chunk === undefined) this.#suspended.retryWithin(MAX_WAIT_MS)
    const topDue = chunk !== undefined && chunk.dueMs <= this.#now
    const [reading] = this.#readings.values()
    const spare = (!topDue && reading === undefined) || this.#now - this.#sparedMs >= MAX_SPARE_PAUSE_MS
    if (spare && (await this.#useSpare())) return
    if (reading !== undefined && (!topDue || this.#wasTop)) return this.#readOn(reading)
    if (topDue) return this.#readTop(chunk)
    const untilMs = Math.min(
      chunk?.dueMs ?? Number.POSITIVE_INFINITY,
      this.#suspended.nextRetryMs,
      this.#now + SAVE_INTERVAL_MS,
    )
    await this.#options.clock.sleep(untilMs - this.#now, this.#context.signal)
  }

  /** @returns whether there was something to do */
  async #useSpare(): Promise<boolean> {
    const held = this.#suspended.due()
    const deep = held === undefined && this.#deepDue()
    const silent = held === undefined && !deep ? this.#silent.pop() : undefined
    if (held !== undefined) await this.#tryAgain(held)
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

  /** The top of a chunk whose reading has gone further back. */
  async #peek(reading: ChunkReading): Promise<void> {
    try {
      await reading.peek()
    } catch (error) {
      // The reading itself meets the same and deals with it.
      if (!isPassing(error)) throw error
    }
  }

  async #readOn(reading: ChunkReading): Promise<void> {
    const { chunk } = reading
    this.#wasTop = false
    // Those that wait longest go on first.
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
    // Names that cannot be read together, though each of them can, go into chunks of their own.
    if (apart.length > 0) this.#chunks.push(createChunk(apart, this.#now))
    else if (chunk.isTrial && !needsRepeat) this.#join(chunk)
  }

  /** Takes subreddits that can be read again to the others, where there is room and all is read to known ground. */
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

  #readWhole(chunk: Chunk): void {
    chunk.deepDueMs = this.#now + this.#options.deepIntervalMs
    if (chunk.names.length > 1) this.#silent.push(...this.#reader.silent(chunk.names))
  }

  /** A subreddit that was silent among others may be shut; then it is refused by itself, with a reason. */
  async #trySilent(name: string): Promise<void> {
    this.#sparedMs = this.#now
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

  /** What keeps failing must not keep others waiting; where there are none, the client's own waits do. */
  #putOff(chunk: Chunk, error: UnavailableError): void {
    chunk.failures++
    if (this.#deep?.chunk === chunk) this.#deep = undefined
    const waitMs = Math.min(MAX_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(chunk.failures - 1, 10))
    if (this.#chunks.length > 1) chunk.dueMs = this.#now + waitMs
    this.#context.logger.error({ subreddits: chunk.names.length, reason: error.message }, 'listing not read')
  }

  async #tryAgain(name: string): Promise<void> {
    this.#sparedMs = this.#now
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

  /** Where none could be read, it was not the fault of any of them: they are tried together, as at the start. */
  #tryOthers(): void {
    const { names } = this.#suspended
    if (names.length === 0) return
    for (const name of names) this.#suspended.resume(name, false)
    this.#chunks.push(...packChunks(names, this.#now))
    this.#context.logger.info({ subreddits: names.length }, 'the others are tried again')
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
    this.#sparedMs = this.#now
    const ended = await this.#reader.readDeepPage(chunk, window)
    if (ended) this.#deep = undefined
  }

  async #save(): Promise<void> {
    this.#savedMs = this.#now
    await this.#position.save()
  }
}
