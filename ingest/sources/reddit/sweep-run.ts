import type { Clock } from '../../http/clock.ts'
import { UnavailableError } from '../../http/errors.ts'
import { MAX_INFO_IDS, type ListingClient, type Submission } from '../listing/listing-page.ts'
import type { SourceContext } from '../live/source.ts'
import { untilStopped } from '../live/until-stopped.ts'
import { gallopToNewest } from './find-newest.ts'
import { FrontPace } from './front-pace.ts'
import { idsFrom, toId } from './id-space.ts'
import { InfoRefusedError, readPostsById } from './info.ts'
import { NEWEST_NAMES, NewestPosts } from './newest-posts.ts'
import { PostTaker } from './post-taker.ts'
import { SweepBacklog } from './sweep-backlog.ts'
import type { SweepPosition } from './sweep-position.ts'
import { SweepReports } from './sweep-reports.ts'

/** The first start begins this many ids back, about a minute of Reddit. */
const FIRST_IDS = 1_000
/** When the sweep is further behind than this, it jumps to the newest ids, and those in between are caught up meanwhile. */
const MAX_BEHIND_IDS = 5_000
/** While there is a backlog, new ids are read at most this often, so that each answer has more of them and requests are left over. */
const BUSY_INTERVAL_MS = 5_000
/**
 * Missing ids that do not fit into requests for new ones are retried in requests of their own: every other poll, but within these
 * bounds.
 */
const AGAIN_INTERVALS_MS = [2_000, 10_000] as const
/** When no new id has come for this long, ids further up are tried. The time doubles with each try, up to the maximum. */
const LOOK_BEYOND_AFTER_MS = 10_000
const MAX_LOOK_BEYOND_AFTER_MS = 160_000
const SAVE_INTERVAL_MS = 10_000
/** How often a listing is read while most ids lead to a post. */
const LISTED_INTERVAL_MS = 30_000
/** How often a listing is read at most while few ids lead to a post, no new ids come, or ids cannot be read. */
const LEAST_LISTED_INTERVAL_MS = 1_000
/** How long the sweep waits when Reddit refuses what it needs, at first and at most. */
const FIRST_WAIT_MS = 5_000
const MAX_WAIT_MS = 300_000

export interface SweepOptions {
  readonly client: ListingClient
  readonly clock: Clock
  readonly pollIntervalMs: number
  /** How many ids are caught up after a stop at most. */
  readonly maxBacklogIds?: number
}

/**
 * Sweeps over all post ids in ascending order: it reads a hundred ids at a time, and decides what each request is used for. New ids
 * come first; then ids whose posts were missing; then the backlog, ids that were given out while the source was stopped.
 */
export class SweepRun {
  readonly #options: SweepOptions
  readonly #context: SourceContext
  readonly #position: SweepPosition
  readonly #taker: PostTaker
  readonly #listed: NewestPosts
  readonly #backlog: SweepBacklog
  readonly #pace = new FrontPace()
  readonly #reports: SweepReports
  readonly #startMs: number
  /** The newest known id; 0 before one is found. */
  #newest = 0
  /** When new ids are read next. */
  #dueMs = 0
  /** When missing ids are retried in a request of their own at the earliest. */
  #againMs = 0
  /** When a listing was last read. */
  #listedMs = 0
  /** Whether the last request read a listing. */
  #justListed = false
  /** Whether the last request, apart from those for the top of a listing, read a page of the whole listing. */
  #justDeep = false
  /** Whether a listing could be read at the last try. */
  #listingShown = true
  #startWaitMs = FIRST_WAIT_MS
  /** Until when no posts are read by their ids, because Reddit refused every request for them. */
  #infoPausedUntilMs = 0
  #infoPauseMs = FIRST_WAIT_MS
  #lookBeyondAfterMs = LOOK_BEYOND_AFTER_MS
  /** When new ids last came, or ids further up were last tried. */
  #frontMs: number
  #savedMs: number

  constructor(options: SweepOptions, context: SourceContext, position: SweepPosition) {
    this.#options = options
    this.#context = context
    this.#position = position
    this.#frontMs = this.#savedMs = options.clock.elapsedMs()
    this.#startMs = options.clock.wallMs() - options.clock.elapsedMs()
    this.#reports = new SweepReports(options, context, position)
    const { client, clock, maxBacklogIds: maxIds } = options
    const { sink, logger } = context
    const taker = new PostTaker({ client, sink, position, nowMs: () => this.#steadyMs })
    this.#taker = taker
    this.#backlog = new SweepBacklog({ client, context, position, taker, maxIds })
    const take = taker.takeListed.bind(taker)
    this.#listed = new NewestPosts({ client, clock, logger, stored: position.known, take })
  }

  async run(): Promise<void> {
    const step = async (): Promise<void> => {
      await this.#tryStep()
      if (this.#newest > 0 && this.#reports.isDue) await this.#reports.report()
      if (this.#now - this.#savedMs >= SAVE_INTERVAL_MS) await this.#save()
    }
    await untilStopped(this.#context.signal, step, () => this.#position.save())
  }

  get #now(): number {
    return this.#options.clock.elapsedMs()
  }

  /** Whole seconds since the epoch, by the server's clock. */
  get #serverUtc(): number {
    return Math.floor(this.#options.client.serverMs / 1_000)
  }

  /** About the time in milliseconds since the epoch. It never jumps, even when the machine's clock is set. */
  get #steadyMs(): number {
    return this.#startMs + this.#now
  }

  async #save(): Promise<void> {
    this.#savedMs = this.#now
    const { pending, backlog } = this.#position
    const behind = backlog.reduce((sum, { from, until }) => sum + until - from, 0)
    const counts = { pending: pending.size, givenUp: pending.givenUp, deletedBefore: this.#taker.deletedBefore, behind }
    this.#context.logger.debug(counts, 'sweep position')
    this.#tellBehind(behind)
    await this.#position.save()
  }

  #tellBehind(ids: number): void {
    const problems = this.#context.health?.problems
    if (ids === 0) return problems?.clear('source-behind')
    problems?.raise({
      code: 'source-behind',
      what: `Reddit has ${ids.toLocaleString('en')} older post ids that were not read yet, because ingest did not run.`,
      remedy: 'Let ingest run: it reads them with the requests that new posts leave over.',
    })
  }

  /** Runs a step. A step that fails changes nothing and is repeated; the client has already waited. */
  async #tryStep(): Promise<void> {
    try {
      await this.#step()
    } catch (error) {
      if (!(error instanceof UnavailableError)) throw error
      if (error instanceof InfoRefusedError) return this.#pauseInfo(error)
      this.#context.logger.error({ reason: error.message }, 'could not read posts by their ids; will retry')
    }
  }

  /** Reddit refuses to show posts by their ids: for a while only listings are read. */
  #pauseInfo({ message: reason }: InfoRefusedError): void {
    const waitMs = this.#infoPauseMs
    this.#infoPausedUntilMs = this.#now + waitMs
    this.#infoPauseMs = Math.min(MAX_WAIT_MS, waitMs * 2)
    this.#context.logger.error(
      { reason, waitMs },
      'Reddit refuses to show posts by their ids; reading only listings meanwhile',
    )
  }

  /** Sends one request, or sleeps. By urgency: new ids, ids whose posts were missing, the backlog. Listings are read in between. */
  async #step(): Promise<void> {
    const { pending, next } = this.#position
    if (next === undefined || this.#newest === 0)
      return this.#now < this.#infoPausedUntilMs ? this.#rest(this.#infoPausedUntilMs) : this.#start()
    const listing = this.#now >= this.#listedDueMs
    // A listing is not read twice in a row while there is other work.
    if (listing && !this.#justListed) return this.#readListed(next)
    this.#justListed = false
    const deep = this.#listed.isDeepDue
    if (deep && !this.#justDeep) return this.#readDeep()
    this.#justDeep = false
    if (this.#now < this.#infoPausedUntilMs) return this.#rest(this.#infoPausedUntilMs)
    if (this.#now >= this.#dueMs) return this.#readFront(next)
    const again = pending.due(MAX_INFO_IDS, this.#steadyMs)
    const worthwhile = again.length === MAX_INFO_IDS || this.#now >= this.#againMs
    if (again.length > 0 && worthwhile) return this.#readAgain(again)
    if (!this.#backlog.isEmpty) return this.#backlog.catchUp(!this.#isSparse)
    if (listing) return this.#readListed(next)
    if (deep) return this.#readDeep()
    const againMs = Math.max(this.#now + pending.nextMs - this.#steadyMs, this.#againMs)
    return this.#rest(Math.min(this.#dueMs, againMs))
  }

  /** Sleeps until `untilMs`, but not longer than until a listing is due. */
  async #rest(untilMs: number): Promise<void> {
    const ms = Math.min(untilMs, this.#newest === 0 ? untilMs : this.#listedDueMs) - this.#now
    await this.#options.clock.sleep(ms, this.#context.signal)
  }

  /** Whether few of the newest ids lead to a post, so that listings show more posts than the sweep can find. */
  get #isSparse(): boolean {
    return this.#listed.isSparse || this.#pace.isSparse
  }

  get #listedDueMs(): number {
    const often = this.#isSparse || this.#pace.isIdle || this.#now < this.#infoPausedUntilMs
    const leastMs = often ? LEAST_LISTED_INTERVAL_MS : LISTED_INTERVAL_MS
    return this.#listedMs + Math.max(this.#options.pollIntervalMs, leastMs)
  }

  async #start(): Promise<void> {
    const { client } = this.#options
    const { signal, logger } = this.#context
    const listed = await this.#listNewest()
    const newest = listed ?? (await gallopToNewest(client, this.#position.next ?? 0, signal))
    if (newest === undefined && this.#position.next === undefined) return this.#waitForAnyPost()
    this.#newest = newest ?? this.#position.next!
    await this.#resume(this.#position.next ?? Math.max(0, this.#newest - FIRST_IDS))
    await this.#reports.report()
    await this.#save()
    logger.info({ next: toId(this.#position.next!), newest: toId(this.#newest) }, 'sweep started')
  }

  async #waitForAnyPost(): Promise<void> {
    const waitMs = this.#startWaitMs
    const tried = [...NEWEST_NAMES.map((name) => `/r/${name}/new`), '/api/info']
    this.#context.logger.error(
      { tried, waitMs },
      'Reddit shows no post at all, so there is no id to start from; will retry',
    )
    this.#startWaitMs = Math.min(MAX_WAIT_MS, waitMs * 2)
    await this.#options.clock.sleep(waitMs, this.#context.signal)
  }

  /** Goes on at `next`. When that is far behind the newest id, the ids up to shortly before it become backlog. */
  async #resume(next: number): Promise<void> {
    this.#position.next = next
    if (this.#newest - next > MAX_BEHIND_IDS) await this.#backlog.putAside(next, this.#newest - FIRST_IDS)
  }

  async #readFront(next: number): Promise<void> {
    const { client, pollIntervalMs } = this.#options
    const position = this.#position
    const [startMs, startUtc] = [this.#now, this.#serverUtc]
    // Missing ids are retried in the same request, as far as the new ids leave room.
    const retries = position.pending.due(this.#pace.room, this.#steadyMs)
    const ids = idsFrom(next, MAX_INFO_IDS - retries.length)
    const found = await readPostsById(client, [...ids, ...retries], this.#context.signal)
    if (this.#infoPauseMs > FIRST_WAIT_MS) this.#context.logger.info('posts can be read by their ids again')
    this.#infoPauseMs = FIRST_WAIT_MS
    this.#newest = Math.max(this.#newest, ...found.keys())
    // Ids above the newest one have not been given out yet.
    const given = ids.filter((id) => id <= this.#newest)
    position.frontUtc = await this.#taker.take(given, pick(found, given), { old: false, nearUtc: position.frontUtc })
    position.next = next + given.length
    await this.#taker.take(retries, pick(found, retries), { old: false, nearUtc: undefined })
    // After a full answer there are more ids. Otherwise all ids that existed when the request was sent have been read.
    this.#sweptThrough(given.length < ids.length ? startUtc : (position.frontUtc ?? 0))
    const foundIds = given.filter((id) => found.has(id))
    const isFull = this.#pace.add({ asked: ids.length, given: given.length, found: foundIds.length })
    if (given.length > 0) this.#frontMoved()
    else if (this.#now - this.#frontMs >= this.#lookBeyondAfterMs) await this.#lookBeyond(next)
    const busy = !this.#backlog.isEmpty || (this.#isSparse && this.#listingShown)
    this.#dueMs = isFull ? startMs : startMs + (busy ? Math.max(pollIntervalMs, BUSY_INTERVAL_MS) : pollIntervalMs)
  }

  #sweptThrough(throughUtc: number): void {
    const position = this.#position
    if (throughUtc <= position.utc) return
    position.hours.touch(position.utc, throughUtc)
    position.utc = throughUtc
  }

  #frontMoved(): void {
    this.#frontMs = this.#now
    this.#lookBeyondAfterMs = LOOK_BEYOND_AFTER_MS
  }

  /** Looks for posts with higher ids when no new ones have come for a while: Reddit may be quiet, or may have skipped ids. */
  async #lookBeyond(next: number): Promise<void> {
    const { client } = this.#options
    const { signal } = this.#context
    const listed = (await this.#listNewest()) ?? 0
    const newest = listed >= next ? listed : await gallopToNewest(client, next, signal)
    this.#frontMs = this.#now
    this.#lookBeyondAfterMs = Math.min(MAX_LOOK_BEYOND_AFTER_MS, this.#lookBeyondAfterMs * 2)
    if (newest === undefined || newest < next) return
    this.#newest = Math.max(this.#newest, newest)
    await this.#resume(next)
  }

  async #readListed(next: number): Promise<void> {
    const newest = (await this.#listNewest()) ?? 0
    if (newest < next) return
    this.#newest = Math.max(this.#newest, newest)
    this.#frontMoved()
    await this.#resume(next)
  }

  /** Reads a listing and stores its new posts. @returns the newest id; undefined when no listing can be read */
  async #listNewest(): Promise<number | undefined> {
    this.#justListed = true
    this.#listedMs = this.#now
    const newest = await this.#listed.read(this.#context.signal)
    this.#listingShown = newest !== undefined
    return newest
  }

  async #readDeep(): Promise<void> {
    this.#justDeep = true
    await this.#listed.readDeep(this.#context.signal)
  }

  async #readAgain(ids: readonly number[]): Promise<void> {
    const [least, most] = AGAIN_INTERVALS_MS
    const intervalMs = Math.min(most, Math.max(least, 2 * this.#options.pollIntervalMs))
    this.#againMs = this.#now + (this.#isSparse ? most : intervalMs)
    const found = await readPostsById(this.#options.client, ids, this.#context.signal)
    await this.#taker.take(ids, found, { old: false, nearUtc: undefined })
  }
}

/** Returns those of the posts that have one of these ids. */
function pick(found: ReadonlyMap<number, Submission>, ids: readonly number[]): Map<number, Submission> {
  return new Map(ids.flatMap((id) => (found.has(id) ? [[id, found.get(id)!] as const] : [])))
}
