import type { NatsConnection } from '@nats-io/transport-node'
import type { PostsPosition, PostsQueries } from '../../projections/posts/queries.ts'
import { badInput, logUnavailable } from '../protocol/errors.ts'
import type { LogStatus } from '../log/log-status.ts'
import type { Promotions } from '../log/promotions.ts'
import type { ReadModels } from '../read-models/read-models.ts'
import type { ReadSource } from '../read-models/reads.ts'
import type { ShownModel } from '../log/shown-model.ts'
import type { Logger } from '../../schema/runtime/logger.ts'
import { Feeds, type Feed } from './feed.ts'
import { KnownPeriods } from './known-periods.ts'
import { OrphanWatch } from './orphan-watch.ts'
import { comparePlaces, type Place } from './periods.ts'
import { RecentPosts, type ScoredPost } from './recent-posts.ts'
import { ScoredPages, type Page } from './scored-pages.ts'
import { Turns } from './turns.ts'

/** How many rows are read at a time: enough to be fast, and few enough to keep the event loop free. */
const CHUNK = 2_000
const PAGE = 500
/** How many rows are read at a time for a subscriber that is far behind. */
const REPLAY_PAGE = 32

const OTHER_LOG = 'The cursor belongs to another log. Leave it out to start with new posts.'
const NO_ANSWER = 'The log does not answer now, so this cursor cannot be checked. Try again.'

/** The read models and the log that live updates read. */
export interface LiveSources {
  readonly models: ReadModels
  readonly reads: ReadSource
  readonly shown: ShownModel
  readonly promotions: Promotions
  readonly log: LogStatus
  readonly logger: Logger
}

/** The content of a cursor: the sequence of a score, and the SCORES stream that has it. */
export interface ScoredCursor {
  readonly sequence: number
  /** The id of the SCORES stream. */
  readonly log: string
  /** The promotion of the scoring model that was shown there; undefined in cursors of earlier versions. */
  readonly promotion: number | undefined
}

/**
 * Scored posts for subscribers at any place in the log, in the order of SCORES within the period of each shown scoring
 * model. A post is sent at the first place at which it has a score of the model that is shown there, and nowhere else.
 *
 * Rows are read once for all subscribers that keep up, and in pages for each one that is further behind. Those who are
 * behind take turns, so that they delay neither each other nor anybody else for long. Everything up to
 * `position` has been sent or skipped. A score whose post may still come holds `position` back.
 */
export class ScoredPosts {
  readonly #models: ReadModels
  readonly #promotions: Promotions
  readonly #log: LogStatus
  readonly #logger: Logger
  readonly #feeds = new Feeds<ScoredPost>()
  readonly #recent = new RecentPosts()
  readonly #pages: ScoredPages
  readonly #periods: KnownPeriods
  readonly #turns = new Turns()
  #logId: string | undefined
  /** Undefined while there are no subscribers. */
  #position: Place | undefined
  /**
   * Everything up to this sequence was scored in the past, even if a read model that is being rebuilt does not have it
   * yet.
   */
  #past = 0

  constructor({ models, promotions, log, logger }: Omit<LiveSources, 'shown' | 'reads'>) {
    this.#models = models
    this.#promotions = promotions
    this.#log = log
    this.#logger = logger
    this.#periods = new KnownPeriods(promotions, () => this.advance())
    this.#pages = new ScoredPages(new OrphanWatch(log, () => this.advance()))
  }

  get subscribers(): number {
    return this.#feeds.size
  }

  /** Scores that the log holds when the gateway connects are past: a rebuild of the read model does not send them. */
  async follow(connection: NatsConnection): Promise<void> {
    await this.#promotions.follow(connection)
    this.#past = Math.max(this.#past, (await this.#log.lastSequence('SCORES')) ?? 0)
  }

  /**
   * Follows posts that are scored from now on, or after a cursor. @throws BAD_USER_INPUT for a cursor that never existed
   */
  async open(subreddit: string | undefined, after: ScoredCursor | undefined): Promise<Feed<ScoredPost>> {
    // Throws if the read model cannot be read.
    void this.#models.posts.queries
    this.advance()
    const start = after ?? { sequence: this.#past, log: this.#logId ?? '', promotion: undefined }
    if (after !== undefined) {
      this.#checkLog(after.log)
      await this.#checkSequence(after.sequence)
    }
    return this.#open(subreddit, start, await this.#findPlace(start))
  }

  /** Reads new scores and sends them. */
  advance(): void {
    try {
      this.#advance()
    } catch (error) {
      this.#logger.error({ err: error }, 'cannot read scored posts')
    }
  }

  /** Call it after a promotion, which makes earlier scores visible. Without a new score, nothing else shows that. */
  promoted(): void {
    this.#periods.promoted()
    this.advance()
  }

  /** Called once a second. It finds changes whose notices were lost, and drops old events. */
  poll(): void {
    this.advance()
    this.#recent.age()
  }

  end(): void {
    this.#feeds.end()
  }

  #advance(): void {
    const queries = this.#models.posts.peek
    const at = queries?.position()
    if (queries === undefined || at === undefined) return
    if (at.log !== this.#logId) this.#startLog(at.log)
    this.#past = Math.max(this.#past, at.scores)
    if (this.#feeds.size === 0) return this.#rest()
    this.#periods.ask(at)
    const known = this.#periods.limit(at)
    if (known === undefined) return
    this.#take(queries, known)
    this.#feeds.wake()
  }

  #open(subreddit: string | undefined, { sequence, log }: ScoredCursor, place: Place | undefined): Feed<ScoredPost> {
    let from = place
    let turn: 'none' | 'asked' | 'granted' = 'none'
    const feed: Feed<ScoredPost> = this.#feeds.open(() => {
      if (log !== '') this.#checkLog(log)
      if (this.#periods.includes(sequence)) from ??= this.#periods.all.placeAt(sequence)
      if (from === undefined) return []
      const recent = this.#recentAfter(from, subreddit)
      if (recent === undefined && turn !== 'granted') {
        if (turn === 'none') void this.#turns.take().then(onTurn)
        turn = 'asked'
        return []
      }
      const { events, next, isLast } = recent ?? this.#read(from, subreddit)
      if (recent === undefined) turn = 'none'
      from = next
      if (events.length === 0 && !isLast) setImmediate(() => feed.wake())
      return events
    })
    const onTurn = (): void => {
      turn = 'granted'
      feed.wake()
    }
    // Before the first subscriber, nothing was read.
    if (this.#position === undefined) this.advance()
    return feed
  }

  /** The events after a subscriber's place that are kept for all; undefined for a place that is further behind. */
  #recentAfter(from: Place, subreddit: string | undefined): Page | undefined {
    if (this.#position === undefined || comparePlaces(from, this.#position) >= 0)
      return { events: [], next: from, isLast: true }
    const events = this.#recent.after(from, subreddit, PAGE)
    if (events === undefined) return undefined
    const { promotion, sequence } = events.length === PAGE ? events.at(-1)! : this.#position
    return { events, next: { promotion, sequence }, isLast: true }
  }

  /** Reads a page of the events after a subscriber's place. */
  #read(from: Place, subreddit: string | undefined): Page {
    const queries = this.#models.posts.queries
    const at = queries?.position()
    const known = at?.log === this.#logId ? at && this.#periods.limit(at) : undefined
    if (queries === undefined || known === undefined) return { events: [], next: from, isLast: true }
    const period = this.#periods.all.find(from.promotion)
    if (period === undefined) throw badInput(OTHER_LOG)
    const reading = { period, from, at: known, limit: REPLAY_PAGE, subreddit }
    return this.#pages.read(queries, this.#periods.all, reading)
  }

  /** Reads the events after the position, for all subscribers that keep up. */
  #take(queries: PostsQueries, at: PostsPosition): void {
    const from = this.#position
    const period = from && this.#periods.all.find(from.promotion)
    if (from === undefined || period === undefined) return this.#restart(at.scores)
    const { events, next, isLast } = this.#pages.read(queries, this.#periods.all, { period, from, at, limit: CHUNK })
    this.#recent.push(events)
    this.#position = next
    if (!isLast) setImmediate(() => this.advance())
  }

  /** Without subscribers, nothing is read and the log is not asked. */
  #rest(): void {
    this.#position = undefined
    this.#periods.rest()
  }

  #restart(scores: number): void {
    this.#position = this.#periods.all.placeAt(scores)
    if (this.#position !== undefined) this.#recent.clear(this.#position)
  }

  #startLog(log: string): void {
    if (this.#logId !== undefined) this.#past = 0
    this.#logId = log
    this.#position = undefined
    this.#periods.startLog(log)
  }

  #checkLog(log: string): void {
    if (this.#logId !== undefined && log !== this.#logId) throw badInput(OTHER_LOG)
  }

  async #checkSequence(sequence: number): Promise<void> {
    if (sequence <= this.#past) return
    const last = await this.#log.lastSequence('SCORES')
    if (last === undefined) throw logUnavailable(NO_ANSWER)
    if (sequence > last) throw badInput('The cursor is ahead of the log. Leave it out to start with new posts.')
  }

  /** Undefined for a place without a promotion, as long as the log does not answer or has no promotion. */
  async #findPlace({ sequence, promotion }: ScoredCursor): Promise<Place | undefined> {
    const isKnown = promotion !== undefined && this.#periods.all.find(promotion) !== undefined
    const isRead = isKnown || (await this.#periods.refresh())
    if (promotion === undefined) return isRead ? this.#periods.all.placeAt(sequence) : undefined
    if (!isRead) throw logUnavailable(NO_ANSWER)
    if (this.#periods.all.find(promotion) === undefined) throw badInput(OTHER_LOG)
    return { promotion, sequence }
  }
}
