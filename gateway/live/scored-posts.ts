import type { PostRow, PostsQueries, ScoredPostRow } from '../../projections/posts/queries.ts'
import { encodeCursor } from '../protocol/cursor.ts'
import { badInput, logUnavailable } from '../protocol/errors.ts'
import type { LogStatus } from '../log/log-status.ts'
import type { ReadModels } from '../read-models/read-models.ts'
import type { ShownModel } from '../log/shown-model.ts'
import type { Logger } from '../../schema/runtime/logger.ts'
import { Feeds, type Feed } from './feed.ts'
import { OrphanWatch } from './orphan-watch.ts'
import { RecentPosts, type ScoredPost } from './recent-posts.ts'

/** How many rows are read at a time: enough to be fast, and few enough to keep the event loop free. */
const CHUNK = 2_000
const PAGE = 500
/** How many sequences of the log are covered at a time, whether or not they have rows. */
const WINDOW = 20_000

export const SCORED_CURSOR = 'scored'

/** The read models and the log that live updates read. */
export interface LiveSources {
  readonly models: ReadModels
  readonly shown: ShownModel
  readonly log: LogStatus
  readonly logger: Logger
}

/** A place in the log: a sequence of SCORES, and the id of that SCORES stream. */
export interface ScoredPlace {
  readonly sequence: number
  readonly log: string
}

/**
 * Scored posts in the order of SCORES, for subscribers at any place in it. Rows are read once for all subscribers that
 * keep up, and in pages for each one that is further behind. Everything up to `position` has been sent or skipped. A
 * score whose post may still come holds `position` back.
 */
export class ScoredPosts {
  readonly #models: ReadModels
  readonly #shown: ShownModel
  readonly #log: LogStatus
  readonly #logger: Logger
  readonly #feeds = new Feeds<ScoredPost>()
  readonly #recent = new RecentPosts()
  readonly #orphans: OrphanWatch
  #model: string | undefined
  #logId: string | undefined
  #position = 0
  /**
   * Everything up to this sequence was scored in the past, even if a read model that is being rebuilt does not have it
   * yet.
   */
  #past = 0
  #isStarted = false

  constructor({ models, shown, log, logger }: LiveSources) {
    this.#models = models
    this.#shown = shown
    this.#log = log
    this.#logger = logger
    this.#orphans = new OrphanWatch(log, () => this.advance())
  }

  get subscribers(): number {
    return this.#feeds.size
  }

  /** Scores that the log holds when the gateway connects are past: a rebuild of the read model does not send them. */
  async follow(): Promise<void> {
    this.#past = Math.max(this.#past, (await this.#log.lastSequence('SCORES')) ?? 0)
  }

  /**
   * Follows posts that are scored from now on, or after a place. @throws BAD_USER_INPUT for a place that never existed
   */
  async open(subreddit: string | undefined, after: ScoredPlace | undefined): Promise<Feed<ScoredPost>> {
    this.#refresh()
    if (after === undefined) return this.#open(subreddit, { sequence: this.#past, log: this.#logId ?? '' })
    this.#checkLog(after.log)
    if (after.sequence > this.#past) {
      const last = await this.#log.lastSequence('SCORES')
      if (last === undefined)
        throw logUnavailable('The log does not answer now, so this cursor cannot be checked. Try again.')
      if (after.sequence > last) throw badInput('The cursor is ahead of the log. Leave it out to start with new posts.')
    }
    return this.#open(subreddit, after)
  }

  /** Reads new scores and sends them. */
  advance(): void {
    try {
      this.#advance()
    } catch (error) {
      this.#logger.error({ err: error }, 'cannot read scored posts')
    }
  }

  #advance(): void {
    const queries = this.#models.posts.peek
    const model = this.#shown.name
    const at = queries?.position()
    if (queries === undefined || model === undefined || at === undefined) return
    if (at.log !== this.#logId) this.#startLog(at.log)
    const isRebuilt = at.scores < this.#position
    if (!this.#isStarted || isRebuilt || this.#feeds.size === 0) this.#restart(at.scores)
    else if (at.scores > this.#position) this.#take(queries, this.#model ?? model, at)
    // The change takes effect only now, because posts that the former scoring model had scored up to here are still
    // shown.
    this.#model = model
    this.#past = Math.max(this.#past, this.#position)
    this.#feeds.wake()
  }

  /** Called once a second. It finds changes whose notices were lost, and drops old events. */
  poll(): void {
    this.advance()
    this.#recent.age()
  }

  end(): void {
    this.#feeds.end()
  }

  #open(subreddit: string | undefined, { sequence, log }: ScoredPlace): Feed<ScoredPost> {
    let at = sequence
    const feed: Feed<ScoredPost> = this.#feeds.open(() => {
      if (log !== '') this.#checkLog(log)
      const { events, next } = this.#after(at, subreddit)
      at = next
      if (events.length === 0 && at < this.#position) setImmediate(() => feed.wake())
      return events
    })
    return feed
  }

  /** Events after `after`, at most a page. `next` is the sequence at which to continue. */
  #after(after: number, subreddit: string | undefined): { events: readonly ScoredPost[]; next: number } {
    if (after >= this.#position) return { events: [], next: after }
    const recent = this.#recent.after(after, subreddit, PAGE)
    if (recent !== undefined)
      return { events: recent, next: recent.length === PAGE ? recent.at(-1)!.sequence : this.#position }
    const queries = this.#models.posts.queries
    if (queries === undefined || this.#model === undefined) return { events: [], next: after }
    const until = Math.min(this.#position, after + WINDOW)
    const rows = queries.scoredBetween({ model: this.#model, after, until, limit: PAGE, subreddit })
    const next = rows.length === PAGE ? rows.at(-1)!.sequence : until
    return { events: rows.filter(hasPost).map((row) => this.#toEvent(row)), next }
  }

  #take(queries: PostsQueries, model: string, { scores, posts }: { scores: number; posts: number }): void {
    const rows = queries.scoredBetween({ model, after: this.#position, until: scores, limit: CHUNK })
    let next = rows.length === CHUNK ? rows.at(-1)!.sequence : scores
    const orphan = rows.find((row) => !hasPost(row) && this.#orphans.mayCome(row, scores, posts))
    if (orphan !== undefined) next = orphan.sequence - 1
    const whole = rows.filter(hasPost).filter(({ sequence }) => sequence <= next)
    this.#recent.push(whole.map((row) => this.#toEvent(row)))
    this.#position = next
    if (next < scores && orphan === undefined) setImmediate(() => this.advance())
  }

  #refresh(): void {
    // Throws if the read model cannot be read.
    void this.#models.posts.queries
    this.advance()
  }

  #restart(position: number): void {
    this.#isStarted = true
    this.#recent.clear(position)
    this.#position = position
  }

  #startLog(log: string): void {
    if (this.#logId !== undefined) this.#past = 0
    this.#logId = log
    this.#isStarted = false
  }

  #checkLog(log: string): void {
    if (this.#logId === undefined || log === this.#logId) return
    throw badInput('The cursor belongs to another log. Leave it out to start with new posts.')
  }

  #toEvent(row: ScoredPostRow & PostRow): ScoredPost {
    const cursor = encodeCursor(SCORED_CURSOR, row.sequence, this.#logId ?? '')
    return { sequence: row.sequence, cursor, subreddit: row.subreddit.toLowerCase(), post: row }
  }
}

/** Whether the score's post is in the read model. */
const hasPost = (row: ScoredPostRow): row is ScoredPostRow & PostRow => row.id !== null
