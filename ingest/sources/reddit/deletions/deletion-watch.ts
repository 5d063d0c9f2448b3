import { HOUR_SECONDS } from '../../../../schema/hours.ts'
import type { Clock } from '../../../http/clock.ts'
import { UnavailableError } from '../../../http/errors.ts'
import type { ListingClient } from '../../listing/listing-page.ts'
import type { SourceContext } from '../../live/source.ts'
import { MAX_INFO_IDS } from '../info.ts'
import { AgeCursor } from './age-cursor.ts'
import { GONE, whyGone } from './judge-post.ts'
import { lookUp, type LookUp } from './look-up.ts'
import type { GonePost, PostLog, StoredPost } from '../../live/post-log.ts'

/** When a post is looked at again, hours after its creation: what is deleted is to be gone within 48 hours. */
const AGES_H = [1, 12, 36, 47] as const
/** A request waits so long for more posts to come to their age. */
const COMPANY_S = 300
/** Present posts that are asked for along with others: an answer without any of them is no answer. */
const WITNESSES = 3
/** A post that is not returned is asked for again after so long, and only then taken to be gone. */
const SECOND_LOOK_S = 600
const REFUSED_WAIT_MS = 300_000
const TROUBLE_WAIT_MS = 30_000
const IDLE_MS = 10_000
const SAVE_INTERVAL_MS = 30_000
const SAY_INTERVAL_MS = 600_000
/** The most posts of one age that are not settled. */
const MAX_OPEN = 20_000

const KEY = 'reddit.rechecks'

/** By age in hours: the sequence of POSTS up to which every post was looked at. */
interface Stored {
  readonly log: string
  readonly through: Readonly<Record<string, number>>
}

/** A post that came to an age. */
interface Check {
  readonly cursor: AgeCursor
  readonly post: StoredPost
  readonly dueUtc: number
  /** Whether Reddit did not return it once. */
  readonly missed: boolean
}

export interface DeletionWatchOptions {
  readonly client: ListingClient
  readonly clock: Clock
  /** Told of each post once its erasure is recorded. */
  readonly onErased: (post: GonePost) => void
}

/** Looks at stored posts again as they come to certain ages, and records the erasure of those that are gone on Reddit. */
export class DeletionWatch {
  readonly #options: DeletionWatchOptions

  constructor(options: DeletionWatchOptions) {
    this.#options = options
  }

  /** Runs until the signal is aborted. Whatever fails is waited out: reading must not end because of it. */
  async run(context: SourceContext, log: PostLog): Promise<void> {
    const { clock } = this.#options
    const { signal, logger } = context
    while (!signal.aborted) {
      try {
        await new WatchRun(this.#options, context, log).run()
      } catch (error) {
        if (signal.aborted) return
        logger.error({ reason: (error as Error).message }, 'looking for deleted posts failed, trying again')
        await clock.sleep(TROUBLE_WAIT_MS, signal)
      }
    }
  }
}

class WatchRun {
  readonly #options: DeletionWatchOptions
  readonly #context: SourceContext
  readonly #log: PostLog
  #identity = ''
  #cursors: AgeCursor[] = []
  /** To be asked about together. */
  #batch: Check[] = []
  /** To be asked about again, in the order of their times. */
  #again: Check[] = []
  #witnesses: string[] = []
  #refused = false
  /** Checks that found their post gone, until its erasure is recorded. */
  #gone: { readonly check: Check; readonly post: GonePost }[] = []
  #recordAgainMs = 0
  #looked = 0
  #recorded = 0
  #saved = ''
  #savedMs: number
  #saidMs: number

  constructor(options: DeletionWatchOptions, context: SourceContext, log: PostLog) {
    const { clock } = options
    this.#options = options
    this.#context = context
    this.#log = log
    this.#savedMs = this.#saidMs = clock.elapsedMs()
  }

  async run(): Promise<void> {
    const { signal } = this.#context
    try {
      await this.#load()
      while (!signal.aborted) {
        await this.#step()
        await this.#recordGone()
        if (this.#now - this.#savedMs >= SAVE_INTERVAL_MS) await this.#save()
        if (this.#now - this.#saidMs >= SAY_INTERVAL_MS) this.#say()
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
    this.#identity = await stored.identity()
    const position = await this.#context.positions.read<Stored>(KEY)
    const through = position?.log === this.#identity ? position.through : {}
    const begin = async (hours: number): Promise<AgeCursor> => {
      // At the first start: posts that came to their age long ago are past the help of this check.
      const from = through[hours] ?? (await stored.before(this.#nowUtc - (hours + 1) * HOUR_SECONDS))
      return new AgeCursor(hours * HOUR_SECONDS, stored, from)
    }
    this.#cursors = await Promise.all(AGES_H.map(begin))
  }

  async #save(): Promise<void> {
    this.#savedMs = this.#now
    if (this.#cursors.length === 0) return
    const through = Object.fromEntries(
      this.#cursors.map((cursor) => [cursor.ageS / HOUR_SECONDS, cursor.settledThrough]),
    )
    const position: Stored = { log: this.#identity, through }
    const text = JSON.stringify(position)
    if (text === this.#saved) return
    await this.#context.positions.save(KEY, position)
    this.#saved = text
  }

  /** Settles all checks of a post whose erasure is recorded. */
  #forget(post: GonePost): void {
    this.#options.onErased(post)
    for (const cursor of this.#cursors) cursor.forget(post.id)
    const keep = (check: Check): boolean => {
      if (check.post.id !== post.id) return true
      check.cursor.settle(check.post)
      return false
    }
    this.#batch = this.#batch.filter(keep)
    this.#again = this.#again.filter(keep)
  }

  #say(): void {
    this.#saidMs = this.#now
    const lateS = this.#batch.map(({ dueUtc }) => Math.max(0, Math.round(this.#nowUtc - dueUtc)))
    const figures = {
      looked: this.#looked,
      unanswered: this.#again.length,
      recorded: this.#recorded,
      toRecord: this.#gone.length,
    }
    this.#context.logger.info({ ...figures, lateS: lateS[0] ?? 0 }, 'stored posts looked at again')
  }

  /** A failed step changes nothing; the client has waited already. */
  async #step(): Promise<void> {
    const { clock } = this.#options
    const { signal, logger } = this.#context
    await this.#fillBatch()
    const [oldest] = this.#batch
    const isFull = this.#batch.length >= MAX_INFO_IDS - WITNESSES
    if (oldest === undefined || (!isFull && this.#nowUtc < oldest.dueUtc + COMPANY_S)) {
      return clock.sleep(IDLE_MS, signal)
    }
    try {
      await this.#ask()
    } catch (error) {
      if (!(error instanceof UnavailableError)) throw error
      logger.warn({ reason: error.message }, 'stored posts not looked at')
    }
  }

  /** Oldest first: those that are to be asked about a second time, then whatever came to its age longest ago. */
  async #fillBatch(): Promise<void> {
    const nowUtc = this.#nowUtc
    while (this.#batch.length < MAX_INFO_IDS - WITNESSES) {
      const again = this.#again[0]
      if (again !== undefined && again.dueUtc <= nowUtc) this.#batch.push(this.#again.shift()!)
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
    const ids = new Set([...this.#batch.map(({ post }) => post.id), ...this.#witnesses])
    const answer = await lookUp(client, [...ids], signal, this.#refused)
    if (answer.refused.size === ids.size) {
      this.#refused = true
      logger.warn({ posts: ids.size }, 'Reddit refuses to show stored posts')
      return clock.sleep(REFUSED_WAIT_MS, signal)
    }
    this.#refused = false
    this.#looked += this.#batch.length
    for (const check of this.#batch.splice(0)) this.#judge(check, answer)
    const present = [...answer.found.values()].filter((post) => whyGone(post) === undefined)
    this.#witnesses = [...present.map(({ id }) => id), ...this.#witnesses].slice(0, WITNESSES)
  }

  /** Settles a check whose post stands, notes one whose post is gone, and puts off one that is in doubt. */
  #judge(check: Check, { found, refused }: LookUp): void {
    const { cursor, post, missed } = check
    const shown = found.get(post.id)
    const reason = shown === undefined ? GONE : whyGone(shown)
    // A post that Reddit refuses to show is not known to be deleted.
    if (reason === undefined || refused.has(post.id)) return cursor.settle(post)
    if (shown !== undefined || (missed && found.size > 0)) {
      this.#gone.push({ check, post: { ...post, reason } })
      return
    }
    // An answer without any post at all is not to be believed.
    this.#again.push({ cursor, post, missed: missed || found.size > 0, dueUtc: this.#nowUtc + SECOND_LOOK_S })
  }

  /** Settles the checks of gone posts once their erasures are stored. Should that fail, it is tried again. */
  async #recordGone(): Promise<void> {
    if (this.#gone.length === 0 || this.#now < this.#recordAgainMs) return
    const posts = new Map(this.#gone.map(({ post }) => [post.id, post]))
    try {
      await this.#log.erasures.record([...posts.values()])
    } catch (error) {
      this.#recordAgainMs = this.#now + TROUBLE_WAIT_MS
      const { logger } = this.#context
      return logger.error({ err: error, posts: posts.size }, 'erasures could not be recorded; will retry')
    }
    this.#recorded += posts.size
    for (const { check } of this.#gone.splice(0)) check.cursor.settle(check.post)
    for (const post of posts.values()) this.#forget(post)
  }
}
