import type { NatsConnection } from '@nats-io/transport-node'
import type { ScoredPostRow } from '../projections/posts/queries.ts'
import type { ChangeNotice } from '../schema/changes.ts'
import type { Logger } from '../schema/runtime/logger.ts'
import { subjects } from '../schema/subjects.ts'
import type { SubredditParent } from './context.ts'
import { HourlyLoader } from './hourly-loader.ts'
import type { ReadModels } from './read-models.ts'
import type { ShownModel } from './shown-model.ts'

/** Scored posts kept for subscribers that keep up; who is further behind reads its page from the read model. */
const RECENT_POSTS = 2_000
const PAGE = 500
const COALESCE_MS = 12
const POLL_INTERVAL_MS = 1_000

/** Called with the changed subreddits by lower-case name. */
type SubredditListener = (changed: ReadonlyMap<string, SubredditParent>) => void

/**
 * What changed, told to all subscribers: each changed row is read once, however many there are. Notices only say that
 * there is something to read; a lost one is made up for by the next, or by a look once a second.
 */
export class LiveUpdates implements Disposable {
  readonly #models: ReadModels
  readonly #shown: ShownModel
  readonly #logger: Logger
  readonly #changed = new Set<string>()
  readonly #subredditListeners = new Set<SubredditListener>()
  /** What subscribers were told last, by subreddit: finds changes whose notice was lost. */
  #told = new Map<string, string>()
  #toldVersion = ''
  readonly #waiters = new Set<() => void>()
  #scoredSubscribers = 0
  #recent: ScoredPostRow[] = []
  /** All rows behind this sequence are in `recent`. */
  #recentFrom: number | undefined
  #position = 0
  #model: string | undefined
  #flushTimer: NodeJS.Timeout | undefined
  #pollTimer: NodeJS.Timeout | undefined

  constructor(models: ReadModels, shown: ShownModel, logger: Logger) {
    this.#models = models
    this.#shown = shown
    this.#logger = logger
    this.#pollTimer = setInterval(() => this.#poll(), POLL_INTERVAL_MS)
    this.#pollTimer.unref()
  }

  /** Subscribers right now, for the metrics. */
  get subscribers(): number {
    return this.#subredditListeners.size + this.#scoredSubscribers
  }

  follow(connection: NatsConnection): void {
    connection.subscribe(subjects.changes('*'), {
      callback: (error, message) => {
        if (error !== null) return this.#logger.warn({ err: error }, 'cannot follow change notices')
        this.#onNotice(message.json<ChangeNotice>())
      },
    })
  }

  /** Calls back with the rows of subreddits (by lower-case name) whose figures changed. @returns how to stop */
  onSubreddits(listener: SubredditListener): () => void {
    if (this.#subredditListeners.size === 0) this.#remember()
    this.#subredditListeners.add(listener)
    return () => this.#subredditListeners.delete(listener)
  }

  /** Counts a subscriber of scored posts. @returns what says that it is gone */
  joinScored(): () => void {
    this.#scoredSubscribers++
    return () => void this.#scoredSubscribers--
  }

  /** The sequence of SCORES up to which posts were handed out. */
  get position(): number {
    if (this.#recentFrom === undefined) this.#advance()
    return this.#position
  }

  /** Scored posts behind `after`, in order, at most a page; `next` is where to go on. */
  scoredAfter(after: number, subreddit: string | undefined): { rows: readonly ScoredPostRow[]; next: number } {
    const end = this.position
    if (this.#recentFrom !== undefined && after >= this.#recentFrom) {
      const newer = this.#recent.slice(firstAfter(this.#recent, after))
      const rows = subreddit === undefined ? newer : newer.filter((row) => sameName(row.subreddit, subreddit))
      return { rows, next: Math.max(after, end) }
    }
    const model = this.#shown.name
    const queries = this.#models.posts.queries
    if (model === undefined || queries === undefined) return { rows: [], next: after }
    const rows = queries.scoredAfter(model, after, PAGE, subreddit).filter(({ sequence }) => sequence <= end)
    return { rows, next: rows.length === PAGE ? rows.at(-1)!.sequence : Math.max(after, end) }
  }

  /** Resolves when there may be more scored posts, or when `signal` aborts. */
  nextScored(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        signal.removeEventListener('abort', done)
        this.#waiters.delete(done)
        resolve()
      }
      if (signal.aborted) return resolve()
      signal.addEventListener('abort', done)
      this.#waiters.add(done)
    })
  }

  [Symbol.dispose](): void {
    clearInterval(this.#pollTimer)
    clearTimeout(this.#flushTimer)
  }

  #onNotice(notice: ChangeNotice): void {
    if (notice.projection === 'posts') return this.#advance()
    for (const subreddit of notice.subreddits) this.#changed.add(subreddit)
    // Both tallies of one score arrive a moment apart: one look serves both.
    this.#flushTimer ??= setTimeout(() => this.#flushSubreddits(), COALESCE_MS)
  }

  #flushSubreddits(): void {
    this.#flushTimer = undefined
    const names = [...this.#changed]
    this.#changed.clear()
    const model = this.#shown.name
    if (this.#subredditListeners.size === 0 || names.length === 0 || model === undefined) return
    const hours = new HourlyLoader(this.#models, model)
    const changed = new Map<string, SubredditParent>()
    for (const row of this.#models.allTime.queries?.many(model, names) ?? []) {
      changed.set(row.subreddit, { row, model, hours })
      this.#told.set(row.subreddit, `${row.posts} ${row.sum}`)
    }
    for (const listener of this.#subredditListeners) listener(changed)
  }

  #poll(): void {
    this.#advance()
    const { version } = this.#models.allTime
    if (this.#subredditListeners.size === 0 || version === this.#toldVersion) return
    const told = this.#told
    this.#remember()
    for (const [subreddit, figures] of this.#told) if (told.get(subreddit) !== figures) this.#changed.add(subreddit)
    if (this.#changed.size > 0) this.#flushTimer ??= setTimeout(() => this.#flushSubreddits(), COALESCE_MS)
  }

  #remember(): void {
    this.#toldVersion = this.#models.allTime.version
    const rows = this.#models.allTime.queries?.sums(this.#shown.name ?? '') ?? []
    this.#told = new Map(rows.map(({ subreddit, posts, sum }) => [subreddit.toLowerCase(), `${posts} ${sum}`]))
  }

  #advance(): void {
    const queries = this.#models.posts.queries
    const model = this.#shown.name
    if (queries === undefined || model === undefined) return
    const last = queries.lastSequence()
    if (this.#recentFrom === undefined || model !== this.#model || last < this.#position) {
      this.#restart(model, last)
    } else if (last > this.#position) {
      this.#take(queries.scoredAfter(model, this.#position, RECENT_POSTS), last)
      if (this.#position < last) setImmediate(() => this.#advance())
    } else return
    for (const wake of this.#waiters) wake()
  }

  #restart(model: string, position: number): void {
    this.#model = model
    this.#recent = []
    this.#recentFrom = position
    this.#position = position
  }

  #take(rows: readonly ScoredPostRow[], last: number): void {
    // A full page may end before `last`: then only what was read counts as handed out, and the next look goes on.
    this.#position = rows.length === RECENT_POSTS ? rows.at(-1)!.sequence : last
    this.#recent.push(...rows)
    const surplus = this.#recent.length - RECENT_POSTS
    if (surplus > 0) this.#recentFrom = this.#recent.splice(0, surplus).at(-1)!.sequence
  }
}

/** The index of the first row behind `sequence`, by bisection. */
function firstAfter(rows: readonly ScoredPostRow[], sequence: number): number {
  let low = 0
  let high = rows.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (rows[middle]!.sequence > sequence) high = middle
    else low = middle + 1
  }
  return low
}

const sameName = (a: string, b: string): boolean => a.length === b.length && a.toLowerCase() === b.toLowerCase()
