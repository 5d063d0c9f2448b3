import { HOUR_SECONDS, hourOf } from '../../../schema/hours.ts'
import type { HourReport } from '../live/coverage-publisher.ts'
import { overlap } from '../live/hours.ts'

/**
 * What is known of an id: its post was stored (`seen`), was deleted or removed on Reddit (`deleted`), or was not returned
 * (`unknown`). In the event HourCovered the field `erased` counts the deleted ones.
 */
export type IdState = 'seen' | 'deleted' | 'unknown'

/** A range of ids that are still to be read, and about the time in which Reddit gave them out, seconds since the epoch. */
export interface IdRange {
  readonly from: number
  readonly until: number
  readonly fromUtc: number
  readonly untilUtc: number
}

interface IdHour extends Record<IdState, number> {
  /** Whether the hour changed since its last report. */
  changed: boolean
}

/** What is saved. `hours`: the number of the hour since the epoch, the three counts, and 1 when it changed since its last report. */
export interface StoredIdHours {
  readonly from: number
  readonly since: number
  readonly hours: readonly (readonly [hour: number, seen: number, deleted: number, unknown: number, changed: 0 | 1])[]
}

/** How far the sweep has come. Times are seconds since the epoch. */
export interface SweepProgress {
  readonly nowUtc: number
  /** All ids that were given out before this time have been read, or are in the backlog. */
  readonly throughUtc: number
  readonly backlog: readonly IdRange[]
}

/** How long after its end an hour is reported at the earliest, because some posts arrive a little late. */
const GRACE_S = 60
/** An hour that could not be read to its end is reported this long after its end, as far as it was read. */
const UNREAD_GRACE_S = 600
/** How long an hour is kept. Stored posts are checked for deletion until they are two days old, which changes their hours. */
const KEPT_S = 50 * HOUR_SECONDS
const MAX_HOURS = 366 * 24
/** The largest count that an event can hold. */
const MAX_COUNT = 2 ** 31 - 1

/** How many ids each hour has, and what is known of them. Hours before the first post that was read are not counted. */
export class IdHours {
  /** Hours before this one had their last report. Infinity before there is a post. */
  #from: number
  /** The time of the first post that was ever read. Of its hour, only the time after it was read. */
  #since: number
  readonly #hours = new Map<number, IdHour>()

  constructor(stored?: StoredIdHours) {
    this.#from = stored?.from ?? Number.POSITIVE_INFINITY
    this.#since = stored?.since ?? Number.POSITIVE_INFINITY
    for (const [hour, seen, deleted, unknown, changed] of stored?.hours ?? []) {
      this.#hours.set(hour * HOUR_SECONDS, { seen, deleted, unknown, changed: changed === 1 })
    }
  }

  /** Notes that a post of that time was read. Counting begins with the hour of the first one. */
  begin(utc: number): void {
    if (this.#since !== Number.POSITIVE_INFINITY) return
    this.#since = utc
    this.#from = hourOf(utc)
  }

  /** Adds `count` ids to an hour; a negative count takes them back. Hours that are not, or no longer, counted do not change. */
  add(hour: number, state: IdState, count: number): void {
    if (hour < this.#from || count === 0) return
    const entry = this.#entry(hour)
    entry[state] = Math.max(0, entry[state] + count)
    entry.changed = true
  }

  /** Notes that a post of that time (seconds since the epoch), which was counted as seen, was deleted on Reddit. */
  noteDeleted(createdUtc: number): void {
    const hour = hourOf(createdUtc)
    if ((this.#hours.get(hour)?.seen ?? 0) === 0) return
    this.add(hour, 'seen', -1)
    this.add(hour, 'deleted', 1)
  }

  /** Notes that a post of that time (seconds since the epoch) was stored after its id had been given up and counted as unknown. */
  noteFound(createdUtc: number | undefined): void {
    if (createdUtc === undefined) return
    const hour = hourOf(createdUtc)
    this.add(hour, 'seen', 1)
    this.add(hour, 'unknown', -1)
  }

  /** Counts the ids of a range as unknown, because they will never be read. */
  addLost(range: IdRange): void {
    const fromUtc = Math.max(range.fromUtc, range.untilUtc - MAX_HOURS * HOUR_SECONDS)
    for (let hour = hourOf(fromUtc); hour <= range.untilUtc; hour += HOUR_SECONDS) {
      this.add(hour, 'unknown', idsWithin(range, hour))
      this.touch(hour, hour)
    }
  }

  /** Marks hours for re-reporting even though no count changed. */
  touch(fromUtc: number, untilUtc: number): void {
    const last = Math.min(untilUtc, fromUtc + MAX_HOURS * HOUR_SECONDS)
    for (let hour = Math.max(hourOf(fromUtc), this.#from); hour <= last; hour += HOUR_SECONDS) {
      this.#entry(hour).changed = true
    }
  }

  /** Returns reports on the hours that are over and changed since their last report, the oldest first. */
  due(progress: SweepProgress): HourReport[] {
    const { nowUtc, throughUtc } = progress
    this.#from = Math.max(this.#from, hourOf(nowUtc) - MAX_HOURS * HOUR_SECONDS)
    const reports: HourReport[] = []
    for (let hour = this.#from; hour + HOUR_SECONDS + GRACE_S <= nowUtc; hour += HOUR_SECONDS) {
      const isRead = throughUtc >= hour + HOUR_SECONDS || nowUtc >= hour + HOUR_SECONDS + UNREAD_GRACE_S
      if (isRead && this.#entry(hour).changed) reports.push(this.#report(hour, progress))
    }
    return reports
  }

  /** Notes that these reports are stored, and forgets hours that cannot change any more. @param open hours that still can */
  reported(
    reports: readonly HourReport[],
    { nowUtc, throughUtc, backlog }: SweepProgress,
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

  /** What is to be saved; undefined before the first post was read. */
  toStored(): StoredIdHours | undefined {
    if (this.#since === Number.POSITIVE_INFINITY) return undefined
    const hours = [...this.#hours].map(([hour, { seen, deleted, unknown, changed }]) => {
      return [hour / HOUR_SECONDS, seen, deleted, unknown, changed ? 1 : 0] as const
    })
    return { from: this.#from, since: this.#since, hours }
  }

  /** Returns the entry of an hour. A new entry counts as changed, because the hour was not reported yet. */
  #entry(hour: number): IdHour {
    const entry = this.#hours.get(hour) ?? { seen: 0, deleted: 0, unknown: 0, changed: true }
    this.#hours.set(hour, entry)
    return entry
  }

  #report(hour: number, { throughUtc, backlog }: SweepProgress): HourReport {
    const { seen, deleted, unknown } = this.#entry(hour)
    const waiting = backlog.reduce((sum, range) => sum + idsWithin(range, hour), 0)
    const known = seen + deleted + unknown + waiting
    // Ids of the part of the hour that was not read are estimated from the part that was.
    const watchedS = overlap(this.#since, throughUtc, hour, hour + HOUR_SECONDS)
    const estimate = watchedS === 0 ? 0 : Math.round((known * (HOUR_SECONDS - watchedS)) / watchedS)
    const unread = Math.min(estimate, MAX_COUNT - known)
    const expected = known + unread
    const coverage = expected === 0 ? watchedS / HOUR_SECONDS : (seen + deleted) / expected
    return {
      subreddit: null,
      hour_utc: hour,
      expected,
      seen,
      erased: deleted,
      unknown: unknown + waiting + unread,
      coverage,
    }
  }
}

/** How many ids of a range belong to an hour if they were given out evenly. The counts of all hours add up to the range. */
function idsWithin({ from, until, fromUtc, untilUtc }: IdRange, hour: number): number {
  const [ids, seconds] = [until - from, untilUtc - fromUtc]
  if (seconds <= 0) return hour === hourOf(fromUtc) ? ids : 0
  const before = (utc: number): number => Math.round((ids * overlap(fromUtc, untilUtc, fromUtc, utc)) / seconds)
  return before(hour + HOUR_SECONDS) - before(hour)
}
