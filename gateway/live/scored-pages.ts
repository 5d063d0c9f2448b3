import type { PostRow, PostsPosition, PostsQueries, ScoredPostRow } from '../../projections/posts/queries.ts'
import { encodeCursor } from '../protocol/cursor.ts'
import type { OrphanWatch } from './orphan-watch.ts'
import type { Period, Periods, Place } from './periods.ts'
import type { ScoredPost } from './recent-posts.ts'

/** How many sequences of the log one page covers at most, with or without rows: a few milliseconds of reading. */
const WINDOW = 5_000

export const SCORED_CURSOR = 'scored'

/** A page to read: where in the log, and how many events at most. */
export interface Reading {
  readonly period: Period
  readonly from: Place
  /** How far the log may be read. */
  readonly at: PostsPosition
  readonly limit: number
  /** In lower case. */
  readonly subreddit?: string | undefined
}

export interface Page {
  readonly events: readonly ScoredPost[]
  /** The place at which to continue. */
  readonly next: Place
  /** Whether nothing more can be read now. */
  readonly isLast: boolean
}

/** Reads the events of `postScored` from the read model, in pages that keep the event loop free. */
export class ScoredPages {
  readonly #orphans: OrphanWatch

  constructor(orphans: OrphanWatch) {
    this.#orphans = orphans
  }

  /**
   * Reads the events after a place, all of one period. Nothing of a period is read before the read model has all scores
   * that were stored before the period, because these decide which posts were visible earlier.
   */
  read(queries: PostsQueries, periods: Periods, { period, from, at, limit, subreddit }: Reading): Page {
    if (at.scores < period.start - 1) return { events: [], next: from, isLast: true }
    const last = Math.min(at.scores, period.end - 1)
    const after = skipEmpty(period, from.sequence)
    const until = Math.min(last, after - (after % WINDOW) + WINDOW)
    const { model, shownBefore } = period
    const stretch = { model, shownBefore, after, until, limit, subreddit }
    const rows = after < until ? queries.scoredBetween(stretch) : []
    if (rows.length === 0 && subreddit === undefined && until === after + WINDOW) period.empty.add(after)
    const orphan = rows.find((row) => !hasPost(row) && this.#orphans.mayCome(row, at.scores, at.posts))
    const full = rows.length === limit ? rows.at(-1)!.sequence : Math.max(after, until)
    const sequence = orphan === undefined ? full : orphan.sequence - 1
    const whole = rows.filter(hasPost).filter((row) => row.sequence <= sequence)
    const following = sequence >= period.end - 1 ? periods.after(from) : undefined
    return {
      events: whole.map((row) => toEvent(row, period.promotion, at.log)),
      next: following === undefined ? { ...from, sequence } : { promotion: following.promotion, sequence: 0 },
      isLast: following === undefined && (orphan !== undefined || sequence >= last),
    }
  }
}

function skipEmpty({ empty }: Period, sequence: number): number {
  let after = sequence
  while (empty.has(after)) after += WINDOW
  return after
}

function toEvent(row: ScoredPostRow & PostRow, promotion: number, log: string): ScoredPost {
  const { sequence } = row
  const cursor = encodeCursor(SCORED_CURSOR, sequence, log, promotion)
  return { promotion, sequence, cursor, subreddit: row.subreddit.toLowerCase(), post: row }
}

/** Whether the score's post is in the read model. */
const hasPost = (row: ScoredPostRow): row is ScoredPostRow & PostRow => row.id !== null
