import type { Clock } from '../../http/clock.ts'
import { UnavailableError } from '../../http/errors.ts'
import type { LiveSource, SourceContext } from '../live/source.ts'
import { untilStopped } from '../live/until-stopped.ts'
import { addToChunks, createChunk, packChunks, type Chunk } from './chunks.ts'
import { ChunkReader } from './chunk-reader.ts'
import { Holds } from './holds.ts'
import type { ListingClient } from './listing-page.ts'
import { ListingPosition } from './listing-position.ts'
import type { WindowReader } from './window-reader.ts'

/** However busy the tops are, a deep reading gets a page now and then, and so does a silent subreddit. */
const MAX_SPARE_PAUSE_MS = 10_000
const SAVE_INTERVAL_MS = 5_000
const REPORT_INTERVAL_MS = 60_000
const FIRST_HOLD_MS = 10_000
const MAX_HOLD_MS = 300_000

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

/** Follows a list of subreddits through their listings of new posts. */
export class ListingSource implements LiveSource {
  readonly name: string
  readonly #options: ListingOptions

  constructor(options: ListingOptions) {
    this.name = options.name
    this.#options = options
  }

  async run(context: SourceContext): Promise<void> {
    const { subreddits, clock, client } = this.#options
    const chunks = packChunks(subreddits, clock.elapsedMs())
    const position = await ListingPosition.load(context.positions, this.name, chunks.length)
    position.begin(subreddits, Math.floor(client.serverMs / 1_000))
    await position.save()
    await new ListingRun(this.#options, context, chunks, position).run()
  }
}

class ListingRun {
  readonly #options: ListingOptions
  readonly #context: SourceContext
  readonly #chunks: Chunk[]
  readonly #position: ListingPosition
  readonly #holds: Holds
  readonly #reader: ChunkReader
  #deep: { readonly chunk: Chunk; readonly window: WindowReader } | undefined
  /** When something less urgent than a top was last read. */
  #sparedMs = 0
  readonly #silent: string[] = []
  readonly #startMs: number
  #savedMs: number
  #reportedMs: number

  constructor(options: ListingOptions, context: SourceContext, chunks: Chunk[], position: ListingPosition) {
    this.#options = options
    this.#context = context
    this.#chunks = chunks
    this.#position = position
    this.#holds = new Holds(options.clock, context.logger)
    this.#reader = new ChunkReader({ ...options, context, position, holds: this.#holds })
    this.#startMs = this.#savedMs = this.#reportedMs = options.clock.elapsedMs()
  }

  async run(): Promise<void> {
    const step = async (): Promise<void> => {
      await this.#step()
      if (this.#now - this.#reportedMs >= REPORT_INTERVAL_MS) await this.#report()
      if (this.#now - this.#savedMs >= SAVE_INTERVAL_MS) await this.#save()
    }
    await untilStopped(this.#context.signal, step, () => this.#position.save())
  }

  get #now(): number {
    return this.#options.clock.elapsedMs()
  }

  /**
   * One thing at a time: a top that is due, else a subreddit to try again, a page of a deep reading, a subreddit that was
   * silent, a rest.
   */
  async #step(): Promise<void> {
    const chunk = this.#chunks.reduce<Chunk | undefined>(
      (a, b) => (a === undefined || b.dueMs < a.dueMs ? b : a),
      undefined,
    )
    if (chunk === undefined) this.#holds.hurry(MAX_HOLD_MS)
    const topDue = chunk !== undefined && chunk.dueMs <= this.#now
    const spare = !topDue || this.#now - this.#sparedMs >= MAX_SPARE_PAUSE_MS
    const held = spare ? this.#holds.due() : undefined
    if (held !== undefined) return this.#tryAgain(held)
    if (spare && this.#deepDue()) return this.#readDeep()
    const silent = spare ? this.#silent.pop() : undefined
    if (silent !== undefined) return this.#trySilent(silent)
    if (topDue) return this.#readTop(chunk)
    const untilMs = Math.min(chunk?.dueMs ?? Number.POSITIVE_INFINITY, this.#holds.nextMs, this.#now + SAVE_INTERVAL_MS)
    await this.#options.clock.sleep(untilMs - this.#now, this.#context.signal)
  }

  async #readTop(chunk: Chunk): Promise<void> {
    const now = this.#now
    chunk.dueMs = now + this.#options.pollIntervalMs
    const whole = this.#position.isNew(chunk.names)
    chunk.incomplete = true
    try {
      await this.#reader.read(chunk)
      chunk.incomplete = false
      chunk.failures = 0
      if (whole) this.#readWhole(chunk)
    } catch (error) {
      if (!(error instanceof UnavailableError)) throw error
      this.#putOff(chunk, error)
    }
    if (chunk.names.length === 0) this.#chunks.splice(this.#chunks.indexOf(chunk), 1)
    else this.#splitOff(chunk)
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
    chunk.names.splice(chunk.names.indexOf(name), 1)
    if (chunk.names.length === 0) this.#chunks.splice(this.#chunks.indexOf(chunk), 1)
    await this.#tryAgain(name)
  }

  /** What keeps failing must not keep others waiting; where there are none, the client's own waits do. */
  #putOff(chunk: Chunk, error: UnavailableError): void {
    chunk.failures++
    if (this.#deep?.chunk === chunk) this.#deep = undefined
    const waitMs = Math.min(MAX_HOLD_MS, FIRST_HOLD_MS * 2 ** Math.min(chunk.failures - 1, 10))
    if (this.#chunks.length > 1) chunk.dueMs = this.#now + waitMs
    this.#context.logger.error({ subreddits: chunk.names.length, reason: error.message }, 'listing not read')
  }

  /** Names that cannot be read together, though each of them can, go into chunks of their own. */
  #splitOff(chunk: Chunk): void {
    const names = this.#reader.takeApart(chunk)
    if (names.length > 0) this.#chunks.push(createChunk(names, this.#now))
  }

  async #tryAgain(name: string): Promise<void> {
    this.#sparedMs = this.#now
    const chunk = createChunk([name], this.#now)
    try {
      await this.#reader.read(chunk)
    } catch (error) {
      if (!(error instanceof UnavailableError)) throw error
      return this.#holds.put(name, error.message)
    }
    const [readable] = chunk.names
    if (readable === undefined) return
    this.#holds.lift(name)
    if (!this.#chunks.some(({ names }) => names.includes(readable))) addToChunks(this.#chunks, readable, this.#now)
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

  /** Reports on the hours of subreddits that can be read. What is reported twice after a crash says the same. */
  async #report(): Promise<void> {
    this.#reportedMs = this.#now
    const nowMs = this.#options.client.serverMs
    const [nowUtc, startUtc] = [nowMs / 1_000, (nowMs - this.#now + this.#startMs) / 1_000]
    const reports = this.#position.hours.due(
      this.#chunks.flatMap(({ names }) => names),
      nowUtc,
      startUtc,
    )
    await this.#context.report(reports)
    if (reports.length > 0) this.#position.reported(reports, nowUtc)
  }

  async #save(): Promise<void> {
    this.#savedMs = this.#now
    await this.#position.save()
  }
}
