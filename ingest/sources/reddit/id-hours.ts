import { HOUR_SECONDS, hourOf } from '../../../schema/hours.ts'
import type { HourReport } from '../live/coverage-publisher.ts'
import { overlap } from '../live/hours.ts'

/** What became of an id: its post was read, was deleted or removed when it was looked at, or did not show. */
export type IdState = 'seen' | 'deleted' | 'unknown'

/** Ids that are still to be read, and the time in which they were given out, about; seconds since the epoch. */
export interface IdRange {
  readonly from: number
  readonly until: number
  readonly fromUtc: number
  readonly untilUtc: number
}

interface IdHour extends Record<IdState, number> {
  /** Whether something is known that was not reported. */
  changed: boolean
}

/** `hours`: the number of the hour since the epoch, the three counts, and 1 where something was not reported. */
export interface StoredIdHours {
  readonly from: number
  readonly since: number
  readonly hours: readonly (readonly [hour: number, seen: number, deleted: number, unknown: number, changed: 0 | 1])[]
}

/** How far the walk has come, seconds since the epoch. */
export interface WalkState {
  readonly nowUtc: number
  /** What was given out until then is read, or in the backlog. */
  readonly throughUtc: number
  readonly backlog: readonly IdRange[]
}

/** The network brings some posts a little late. */
const GRACE_S = 60
/** An hour that cannot be read to its end is reported all the same. */
const PATIENCE_S = 600
/** Posts are looked at again until they are two days old; what is found then changes their hours. */
const KEPT_S = 50 * HOUR_SECONDS
const MAX_HOURS = 366 * 24
/** As a count in an event. */
const MAX_COUNT = 2 ** 31 - 1

/** How many ids each hour has, and what became of them. Hours before the first post that was read are nobody's business. */
export class IdHours {
  /** Hours before this one are reported for good. Infinity before there is a post. */
  #from: number
  /** Time of the first post that was ever read: of its hour only the rest was seen. */
  #since: number
  readonly #hours = new Map<number, IdHour>()

  constructor(stored?: StoredIdHours) {
    this.#from = stored?.from ?? Number.POSITIVE_INFINITY
    this.#since = stored?.since ?? Number.POSITIVE_INFINITY
    for (const [hour, seen, deleted, unknown, changed] of stored?.hours ?? []) {
      this.#hours.set(hour * HOUR_SECONDS, { seen, deleted, unknown, changed: changed === 1 })
    }
  }

  /** Notes that a post of that time was read. The first one begins the account. */
  begin(utc: number): void {
    if (this.#since !== Number.POSITIVE_INFINITY) return
    this.#since = utc
    this.#from = hourOf(utc)
  }

  /** Counts ids; negative: takes them back. Hours that are no longer, or never were, kept account of are passed over. */
  add(hour: number, state: IdState, count: number): void {
    if (hour < this.#from || count === 0) return
    const entry = this.#entry(hour)
    entry[state] = Math.max(0, entry[state] + count)
    entry.changed = true
  }

  /** A post of that time, counted as seen, is gone. */
  noteDeleted(createdUtc: number): void {
    const hour = hourOf(createdUtc)
    if ((this.#hours.get(hour)?.seen ?? 0) === 0) return
    this.add(hour, 'seen', -1)
    this.add(hour, 'deleted', 1)
  }

  /** A post of that time (seconds since the epoch), given up or never expected, was seen all the same. */
  noteFound(createdUtc: number | undefined): void {
    if (createdUtc === undefined) return
    const hour = hourOf(createdUtc)
    this.add(hour, 'seen', 1)
    this.add(hour, 'unknown', -1)
  }

  /** Counts ids as unknown that will never be read. */
  addLost(range: IdRange): void {
    const fromUtc = Math.max(range.fromUtc, range.untilUtc - MAX_HOURS * HOUR_SECONDS)
    for (let hour = hourOf(fromUtc); hour <= range.untilUtc; hour += HOUR_SECONDS) {
      this.add(hour, 'unknown', idsWithin(range, hour))
      this.touch(hour, hour)
    }
  }

  /** What is known of the hours from one time to another is other than it was, though no id was counted. */
  touch(fromUtc: number, untilUtc: number): void {
    const last = Math.min(untilUtc, fromUtc + MAX_HOURS * HOUR_SECONDS)
    for (let hour = Math.max(hourOf(fromUtc), this.#from); hour <= last; hour += HOUR_SECONDS) {
      this.#entry(hour).changed = true
    }
  }

  /** Reports on the hours that are over and of which something new is known, the oldest first. */
  due(walk: WalkState): HourReport[] {
    const { nowUtc, throughUtc } = walk
    this.#from = Math.max(this.#from, hourOf(nowUtc) - MAX_HOURS * HOUR_SECONDS)
    const reports: HourReport[] = []
    for (let hour = this.#from; hour + HOUR_SECONDS + GRACE_S <= nowUtc; hour += HOUR_SECONDS) {
      const isRead = throughUtc >= hour + HOUR_SECONDS || nowUtc >= hour + HOUR_SECONDS + PATIENCE_S
      if (isRead && this.#entry(hour).changed) reports.push(this.#report(hour, walk))
    }
    return reports
  }

  /** Notes that these reports are stored, and forgets hours of which nothing new will be known. @param open hours that stay */
  reported(
    reports: readonly HourReport[],
    { nowUtc, throughUtc, backlog }: WalkState,
    open: ReadonlySet<number>,
  ): void {
    for (const { hour_utc: hour } of reports) this.#entry(hour).changed = false
    const first = backlog.reduce((least, { fromUtc }) => Math.min(least, fromUtc), throughUtc)
    const until = Math.min(hourOf(first), hourOf(nowUtc - KEPT_S))
    for (; this.#from < until; this.#from += HOUR_SECONDS) {
      if (open.has(this.#from) || this.#hours.get(this.#from)?.changed === true) return
      this.#hours.delete(this.#from)
    }
  }

  /** Undefined before there is anything to keep. */
  toStored(): StoredIdHours | undefined {
    if (this.#since === Number.POSITIVE_INFINITY) return undefined
    const hours = [...this.#hours].map(([hour, { seen, deleted, unknown, changed }]) => {
      return [hour / HOUR_SECONDS, seen, deleted, unknown, changed ? 1 : 0] as const
    })
    return { from: this.#from, since: this.#since, hours }
  }

  /** An hour without an entry is one of which nothing was reported yet. */
  #entry(hour: number): IdHour {
    const entry = this.#hours.get(hour) ?? { seen: 0, deleted: 0, unknown: 0, changed: true }
    this.#hours.set(hour, entry)
    return entry
  }

  #report(hour: number, { throughUtc, backlog }: WalkState): HourReport {
    const { seen, deleted, unknown } = this.#entry(hour)
    const waiting = backlog.reduce((sum, range) => sum + idsWithin(range, hour), 0)
    const known = seen + deleted + unknown + waiting
    // What was given out before the first post, or after the last one that could be read, is reckoned from the rest.
    const watchedS = overlap(this.#since, throughUtc, hour, hour + HOUR_SECONDS)
    const reckoned = watchedS === 0 ? 0 : Math.round((known * (HOUR_SECONDS - watchedS)) / watchedS)
    const beside = Math.min(reckoned, MAX_COUNT - known)
    const expected = known + beside
    const coverage = expected === 0 ? watchedS / HOUR_SECONDS : (seen + deleted) / expected
    return {
      subreddit: null,
      hour_utc: hour,
      expected,
      seen,
      erased: deleted,
      unknown: unknown + waiting + beside,
      coverage,
    }
  }
}

/** How many ids of a range fall into an hour, as if they were given out evenly. Over all hours they add up to the range. */
function idsWithin({ from, until, fromUtc, untilUtc }: IdRange, hour: number): number {
  const [ids, seconds] = [until - from, untilUtc - fromUtc]
  if (seconds <= 0) return hour === hourOf(fromUtc) ? ids : 0
  const before = (utc: number): number => Math.round((ids * overlap(fromUtc, untilUtc, fromUtc, utc)) / seconds)
  return before(hour + HOUR_SECONDS) - before(hour)
}
