import { HOUR_SECONDS, hourOf } from '../../../schema/hours.ts'
import type { HourReport } from './coverage-publisher.ts'
import { overlap } from './hours.ts'

/** Which hours of one subreddit were read. Times are seconds since the epoch. */
interface Reading {
  /** The time from which on the subreddit was read. */
  since: number
  /** The time up to which it was read, apart from the coverage gaps. */
  through: number
  /** Hours before this one had their last report and are forgotten. */
  from: number
  /** Hours before this one were reported at least once. */
  reportedUntil: number
  /** Coverage gaps: times that were not read and can no longer be read. */
  gaps: (readonly [from: number, until: number])[]
  /** How many posts were stored, by hour. */
  readonly seen: Map<number, number>
  /** Hours that changed since their last report. */
  readonly changed: Set<number>
}

export type StoredReadHours = Readonly<
  Record<
    string,
    readonly [
      since: number,
      through: number,
      from: number,
      reportedUntil: number,
      gaps: readonly (readonly [from: number, until: number])[],
      seen: readonly (readonly [hour: number, posts: number])[],
      changed: readonly number[],
    ]
  >
>

/** How long after its end an hour is reported at the earliest. */
const GRACE_S = 60
/** An hour that could not be read to its end is reported this long after its end, as far as it was read. */
const UNREAD_GRACE_S = 600
/** How long an hour can change after it was read: moderators approve most held posts within a few hours. */
const KEPT_S = 3 * HOUR_SECONDS
/** How much of the past the first reading of a subreddit reports. */
const FIRST_S = 24 * HOUR_SECONDS
/** After a longer stop only the last month is reported. */
const MAX_S = 31 * 24 * HOUR_SECONDS

/** Which hours of each subreddit were read, and how many posts were stored of each hour. */
export class ReadHours {
  readonly #readings: Map<string, Reading>

  constructor(stored: StoredReadHours = {}) {
    this.#readings = new Map(Object.entries(stored).map(([name, reading]) => [name, fromStored(reading)]))
  }

  /** Notes that a subreddit was read from a time on. Later calls for the same subreddit change nothing. */
  begin(name: string, sinceUtc: number, nowUtc: number): void {
    if (this.#readings.has(name)) return
    const since = Math.min(sinceUtc, nowUtc)
    const from = hourOf(Math.max(since, nowUtc - FIRST_S))
    const [seen, changed] = [new Map<number, number>(), new Set<number>()]
    this.#readings.set(name, { since, through: since, from, reportedUntil: from, gaps: [], seen, changed })
  }

  /** Notes that posts between two times may be missing and can no longer be read. What was read before stays read. */
  addGap(name: string, fromUtc: number, untilUtc: number): void {
    const reading = this.#readings.get(name)
    if (reading === undefined) return
    const from = Math.max(fromUtc, reading.through)
    if (from >= untilUtc) return
    reading.gaps.push([from, untilUtc])
    markChanged(reading, from, untilUtc)
  }

  /** Notes that everything up to a time was read. */
  readTo(name: string, untilUtc: number): void {
    const reading = this.#readings.get(name)
    if (reading === undefined || untilUtc <= reading.through) return
    markChanged(reading, reading.through, untilUtc)
    reading.through = untilUtc
  }

  /** Counts a stored post. */
  count(name: string, createdUtc: number): void {
    const [reading, hour] = [this.#readings.get(name), hourOf(createdUtc)]
    if (reading === undefined || hour < reading.from) return
    reading.seen.set(hour, (reading.seen.get(hour) ?? 0) + 1)
    reading.changed.add(hour)
  }

  /**
   * Returns reports on the hours that are over and were not reported yet, or changed since.
   * @param names the subreddits that can be read
   * @param startUtc when this process started; right after a start, unread hours are given some time to be read first
   */
  due(names: Iterable<string>, nowUtc: number, startUtc: number): HourReport[] {
    const reports: HourReport[] = []
    for (const name of names) {
      const reading = this.#readings.get(name)
      if (reading === undefined) continue
      reading.from = Math.max(reading.from, hourOf(nowUtc - MAX_S))
      for (let hour = reading.from; hour + HOUR_SECONDS + GRACE_S <= nowUtc; hour += HOUR_SECONDS) {
        const isRead = reading.through >= hour + HOUR_SECONDS
        if (!isRead && nowUtc < Math.max(hour + HOUR_SECONDS, startUtc) + UNREAD_GRACE_S) break
        if (hour >= reading.reportedUntil || reading.changed.has(hour)) reports.push(toReport(name, reading, hour))
      }
    }
    return reports
  }

  /** Notes that these reports are stored, and forgets hours that cannot change any more. */
  reported(reports: readonly HourReport[], nowUtc: number): void {
    for (const { subreddit, hour_utc: hour } of reports) {
      const reading = this.#readings.get(subreddit!)!
      reading.reportedUntil = Math.max(reading.reportedUntil, hour + HOUR_SECONDS)
      reading.changed.delete(hour)
    }
    for (const reading of this.#readings.values()) forget(reading, nowUtc)
  }

  toStored(): StoredReadHours {
    return Object.fromEntries([...this.#readings].map(([name, reading]) => [name, toStoredReading(reading)]))
  }
}

/** Marks the reported hours between two times to be reported again. */
function markChanged(reading: Reading, fromUtc: number, untilUtc: number): void {
  const until = Math.min(untilUtc, reading.reportedUntil)
  for (let hour = Math.max(hourOf(fromUtc), reading.from); hour < until; hour += HOUR_SECONDS) reading.changed.add(hour)
}

function forget(reading: Reading, nowUtc: number): void {
  const { seen, changed, reportedUntil, through } = reading
  const until = Math.min(reportedUntil, hourOf(Math.min(through, nowUtc - KEPT_S)))
  while (reading.from < until && !changed.has(reading.from)) reading.from += HOUR_SECONDS
  for (const hour of seen.keys()) if (hour < reading.from) seen.delete(hour)
  for (const hour of changed) if (hour < reading.from) changed.delete(hour)
  reading.gaps = reading.gaps.filter(([, until]) => until > reading.from)
}

function toReport(name: string, { since, through, gaps, seen }: Reading, hour: number): HourReport {
  const end = hour + HOUR_SECONDS
  const missed = gaps.reduce((sum, [from, until]) => sum + overlap(from, Math.min(until, through), hour, end), 0)
  const readS = Math.max(0, overlap(since, through, hour, end) - missed)
  const counts = { expected: null, seen: seen.get(hour) ?? 0, erased: 0, unknown: 0 }
  return { subreddit: name, hour_utc: hour, ...counts, coverage: readS / HOUR_SECONDS }
}

const fromStored = ([since, through, from, reportedUntil, gaps, seen, changed]: StoredReadHours[string]): Reading => ({
  since,
  through,
  from,
  reportedUntil,
  gaps: [...gaps],
  seen: new Map(seen),
  changed: new Set(changed),
})

const toStoredReading = ({
  since,
  through,
  from,
  reportedUntil,
  gaps,
  seen,
  changed,
}: Reading): StoredReadHours[string] => [since, through, from, reportedUntil, gaps, [...seen], [...changed]]
