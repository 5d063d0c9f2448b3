import { HOUR_SECONDS } from '../../../../schema/hours.ts'
import type { Clock } from '../../../http/clock.ts'
import { UnavailableError } from '../../../http/errors.ts'
import { MAX_INFO_IDS, type ListingClient } from '../../listing/listing-page.ts'
import type { SourceContext } from '../../live/source.ts'
import { AgeCursor } from './age-cursor.ts'
import { NOT_RETURNED, deletionReason } from './deletion-reason.ts'
import { lookUpPosts, type LookUpAnswer } from './look-up.ts'
import type { DeletedPost, PostLog, StoredPost } from '../../live/post-log.ts'

/** At which ages (hours) a stored post is checked. Reddit's terms ask that deleted posts are deleted here within 48 hours. */
const AGES_H = [1, 12, 36, 47] as const
/** How long a request waits for more posts to reach their age. */
const GATHER_S = 300
/**
 * How many control posts are asked for along with others. They were there at the last request, so an answer without any post at all
 * must be wrong.
 */
const CONTROL_POSTS = 3
/** A post that Reddit does not return is asked for again after this time. When it is missing then too, it counts as deleted. */
const CONFIRM_AFTER_S = 600
const REFUSED_WAIT_MS = 300_000
const RETRY_WAIT_MS = 30_000
const IDLE_MS = 10_000
const SAVE_INTERVAL_MS = 30_000
const LOG_INTERVAL_MS = 600_000
/** How many checks at one age may be open: posts that Reddit did not return, and posts whose erasure is not yet recorded. */
const MAX_OPEN = 20_000

/**
 * How many erased posts are remembered, the newest ones. Of all of Reddit that is most of a day, and usually the eraser has
 * deleted a post's messages after an hour.
 */
const MAX_ERASED = 500_000

const KEY = 'reddit.rechecks'

/** The saved position. */
interface Stored {
  /** By age in hours: the sequence of POSTS up to which every post was checked. */
  readonly through: Readonly<Record<string, number>>
}

/** A post that has reached an age at which it is checked. */
interface Check {
  readonly cursor: AgeCursor
  readonly post: StoredPost
  readonly dueUtc: number
  /** Whether Reddit did not return it at the first request. */
  readonly missed: boolean
}

export interface DeletionWatchOptions {
  readonly client: ListingClient
  readonly clock: Clock
  /** Called once for each post, after its erasure was recorded. */
  readonly onErased: (post: DeletedPost) => void
}

/** Checks stored posts when they reach certain ages, and records the erasure of those that were deleted or removed on Reddit. */
export class DeletionWatch {
  readonly #options: DeletionWatchOptions

  constructor(options: DeletionWatchOptions) {
    this.#options = options
  }

  /** Runs until the signal is aborted. After a failure it waits and starts again, so that the source itself goes on reading. */
  async run(context: SourceContext, log: PostLog): Promise<void> {
    const { clock } = this.#options
    const { signal, logger } = context
    while (!signal.aborted) {
      try {
        await new WatchRun(this.#options, context, log).run()
      } catch (error) {
        if (signal.aborted) return
        logger.error({ reason: (error as Error).message }, 'the check for deleted posts failed; will retry')
        await clock.sleep(RETRY_WAIT_MS, signal)
      }
    }
  }
}

class WatchRun {
  readonly #options: DeletionWatchOptions
  readonly #context: SourceContext
  readonly #log: PostLog
  #cursors: AgeCursor[] = []
  /** Ids of posts whose erasure is recorded. The log still has them until the eraser has deleted their messages. */
  readonly #erased = new Set<string>()
  /** The checks of the next request. */
  #batch: Check[] = []
  /** Checks of posts that Reddit did not return, to be repeated, in the order of their times. */
  #toConfirm: Check[] = []
  /** Ids of the control posts. */
  #controls: string[] = []
  /** Whether Reddit refused the last request. */
  #refused = false
  /** Deleted posts whose erasure is not yet recorded, each with the check that found its deletion. */
  #toRecord: { readonly check: Check; readonly post: DeletedPost }[] = []
  /** When recording is tried again after a failure, on the monotonic clock. */
  #retryRecordingMs = 0
  /** How many checks were made. */
  #checked = 0
  /** How many erasures were recorded. */
  #recorded = 0
  #saved = ''
  #savedMs: number
  #loggedMs: number

  constructor(options: DeletionWatchOptions, context: SourceContext, log: PostLog) {
    const { clock } = options
    this.#options = options
    this.#context = context
    this.#log = log
    this.#savedMs = this.#loggedMs = clock.elapsedMs()
  }

  async run(): Promise<void> {
    const { signal } = this.#context
    try {
      await this.#load()
      while (!signal.aborted) {
        await this.#step()
        await this.#recordErasures()
        if (this.#now - this.#savedMs >= SAVE_INTERVAL_MS) await this.#save()
        if (this.#now - this.#loggedMs >= LOG_INTERVAL_MS) this.#logProgress()
      }
    } finally {
      await this.#save()
    }
  }

  get #now(): number {
    return this.#options.clock.elapsedMs()
  }

  get #nowUtc(): number {
    return this.#options.client.serverMs / 1_000
  }

  async #load(): Promise<void> {
    const { stored } = this.#log
    const { through = {} } = (await this.#context.positions.read<Stored>(KEY)) ?? {}
    const begin = async (hours: number): Promise<AgeCursor> => {
      // At the first start, posts that reached this age more than an hour ago are not checked at it.
      const from = through[hours] ?? (await stored.before(this.#nowUtc - (hours + 1) * HOUR_SECONDS))
      return new AgeCursor(hours * HOUR_SECONDS, stored, from, this.#erased)
    }
    const cursors = await Promise.all(AGES_H.map(begin))
    // The erasure of a post comes after the post in the log, so no cursor reads a post with an earlier erasure.
    const first = Math.min(...cursors.map(({ completeThrough }) => completeThrough))
    for (const id of await stored.erasedAfter(first)) this.#remember(id)
    this.#cursors = cursors
  }

  #remember(id: string): void {
    this.#erased.add(id)
    if (this.#erased.size > MAX_ERASED) for (const oldest of this.#erased) return void this.#erased.delete(oldest)
  }

  async #save(): Promise<void> {
    this.#savedMs = this.#now
    if (this.#cursors.length === 0) return
    const through = Object.fromEntries(
      this.#cursors.map((cursor) => [cursor.ageS / HOUR_SECONDS, cursor.completeThrough]),
    )
    const position: Stored = { through }
    const text = JSON.stringify(position)
    if (text === this.#saved) return
    await this.#context.positions.save(KEY, position)
    this.#saved = text
  }

  /** Drops all further checks of a post, because its erasure was recorded. */
  #forget(post: DeletedPost): void {
    this.#remember(post.id)
    this.#options.onErased(post)
    for (const cursor of this.#cursors) cursor.forget(post.id)
    const keep = (check: Check): boolean => {
      if (check.post.id !== post.id) return true
      check.cursor.complete(check.post)
      return false
    }
    this.#batch = this.#batch.filter(keep)
    this.#toConfirm = this.#toConfirm.filter(keep)
  }

  #logProgress(): void {
    this.#loggedMs = this.#now
    const lateS = this.#batch.map(({ dueUtc }) => Math.max(0, Math.round(this.#nowUtc - dueUtc)))
    const figures = {
      checked: this.#checked,
      toConfirm: this.#toConfirm.length,
      recorded: this.#recorded,
      toRecord: this.#toRecord.length,
    }
    this.#context.logger.info({ ...figures, lateS: lateS[0] ?? 0 }, 'checked stored posts for deletion')
  }

  /** Sends one request, or sleeps. A request that fails changes nothing and is repeated; the client has already waited. */
  async #step(): Promise<void> {
    const { clock } = this.#options
    const { signal, logger } = this.#context
    await this.#fillBatch()
    const [oldest] = this.#batch
    const isFull = this.#batch.length >= MAX_INFO_IDS - CONTROL_POSTS
    if (oldest === undefined || (!isFull && this.#nowUtc < oldest.dueUtc + GATHER_S)) {
      return clock.sleep(IDLE_MS, signal)
    }
    try {
      await this.#ask()
    } catch (error) {
      if (!(error instanceof UnavailableError)) throw error
      logger.warn({ reason: error.message }, 'could not check stored posts; will retry')
    }
  }

  /** Fills the next request: first with checks that are to be repeated, then with posts that reached their age longest ago. */
  async #fillBatch(): Promise<void> {
    const nowUtc = this.#nowUtc
    while (this.#batch.length < MAX_INFO_IDS - CONTROL_POSTS) {
      const repeated = this.#toConfirm[0]
      if (repeated !== undefined && repeated.dueUtc <= nowUtc) this.#batch.push(this.#toConfirm.shift()!)
      else if (!(await this.#takeNext(nowUtc))) return
    }
  }

  async #takeNext(nowUtc: number): Promise<boolean> {
    let [first, firstUtc] = [undefined as AgeCursor | undefined, nowUtc]
    for (const cursor of this.#cursors) {
      if (cursor.openPosts >= MAX_OPEN) continue
      const dueUtc = await cursor.nextDueUtc()
      if (dueUtc <= firstUtc) [first, firstUtc] = [cursor, dueUtc]
    }
    if (first === undefined) return false
    this.#batch.push({ cursor: first, post: first.take(), dueUtc: firstUtc, missed: false })
    return true
  }

  async #ask(): Promise<void> {
    const { client, clock } = this.#options
    const { signal, logger } = this.#context
    const ids = new Set([...this.#batch.map(({ post }) => post.id), ...this.#controls])
    const answer = await lookUpPosts(client, [...ids], signal, this.#refused)
    if (answer.refused.size === ids.size) {
      this.#refused = true
      logger.warn({ posts: ids.size }, 'Reddit refuses to show stored posts; will retry')
      return clock.sleep(REFUSED_WAIT_MS, signal)
    }
    this.#refused = false
    this.#checked += this.#batch.length
    for (const check of this.#batch.splice(0)) this.#judge(check, answer)
    const present = [...answer.found.values()].filter((post) => deletionReason(post) === undefined)
    this.#controls = [...present.map(({ id }) => id), ...this.#controls].slice(0, CONTROL_POSTS)
  }

  /** Completes a check whose post is not deleted, notes a deleted post, or has the check repeated when it is not clear. */
  #judge(check: Check, { found, refused }: LookUpAnswer): void {
    const { cursor, post, missed } = check
    const shown = found.get(post.id)
    const reason = shown === undefined ? NOT_RETURNED : deletionReason(shown)
    // A post that Reddit refuses to show is not taken for deleted.
    if (reason === undefined || refused.has(post.id)) return cursor.complete(post)
    if (shown !== undefined || (missed && found.size > 0)) {
      this.#toRecord.push({ check, post: { ...post, reason } })
      return
    }
    // When the answer has no post at all, not even a control post, it says nothing about this post.
    this.#toConfirm.push({ cursor, post, missed: missed || found.size > 0, dueUtc: this.#nowUtc + CONFIRM_AFTER_S })
  }

  /** Records the erasure of the deleted posts, and then completes their checks. A failure is logged and tried again later. */
  async #recordErasures(): Promise<void> {
    if (this.#toRecord.length === 0 || this.#now < this.#retryRecordingMs) return
    const posts = new Map(this.#toRecord.map(({ post }) => [post.id, post]))
    try {
      await this.#log.erasures.record([...posts.values()])
    } catch (error) {
      this.#retryRecordingMs = this.#now + RETRY_WAIT_MS
      const { logger } = this.#context
      return logger.error({ err: error, posts: posts.size }, 'could not record erasures; will retry')
    }
    this.#recorded += posts.size
    for (const { check } of this.#toRecord.splice(0)) check.cursor.complete(check.post)
    for (const post of posts.values()) this.#forget(post)
  }
}
