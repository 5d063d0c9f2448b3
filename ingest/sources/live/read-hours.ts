import { HOUR_SECONDS, hourOf } from '../../../schema/hours.ts'
import type { HourReport } from './coverage-publisher.ts'
import { overlap } from './hours.ts'

/** What is known of one subreddit. Times are seconds since the epoch. */
interface Reading {
  /** From then on it was read. */
  since: number
  /** Until then all was read, save for the gaps. */
  through: number
  /** Earlier hours are reported for good, and forgotten. */
  from: number
  /** Earlier hours were reported at least once. */
  told: number
  gaps: (readonly [from: number, until: number])[]
  /** Posts taken, by hour. */
  readonly seen: Map<number, number>
  /** Hours of which something is known that was not reported. */
  readonly changed: Set<number>
}

export type StoredReadHours = Readonly<
  Record<
    string,
    readonly [
      since: number,
      through: number,
      from: number,
      told: number,
      gaps: readonly (readonly [from: number, until: number])[],
      seen: readonly (readonly [hour: number, posts: number])[],
      changed: readonly number[],
    ]
  >
>

const GRACE_S = 60
/** An hour that cannot be read to its end is reported all the same. */
const PATIENCE_S = 600
/** Posts that are approved late come within a few hours. */
const KEPT_S = 3 * HOUR_SECONDS
/** How far back a first reading is reported. */
const FIRST_S = 24 * HOUR_SECONDS
/** After a longer stop only its last month is reported hour by hour. */
const MAX_S = 31 * 24 * HOUR_SECONDS

/** Which hours of each subreddit were read without a gap, and how many posts were taken from them. */
export class ReadHours {
  readonly #readings: Map<string, Reading>

  constructor(stored: StoredReadHours = {}) {
    this.#readings = new Map(Object.entries(stored).map(([name, reading]) => [name, fromStored(reading)]))
  }

  /** Notes that a subreddit is read from a time on; only the first time counts. @param nowUtc when that was found out */
  begin(name: string, sinceUtc: number, nowUtc: number): void {
    if (this.#readings.has(name)) return
    const since = Math.min(sinceUtc, nowUtc)
    const from = hourOf(Math.max(since, nowUtc - FIRST_S))
    this.#readings.set(name, { since, through: since, from, told: from, gaps: [], seen: new Map(), changed: new Set() })
  }

  /** Notes that between two times, after what had been read, posts may be missing that cannot be read any more. */
  addGap(name: string, fromUtc: number, untilUtc: number): void {
    const reading = this.#readings.get(name)
    if (reading === undefined) return
    const from = Math.max(fromUtc, reading.through)
    if (from >= untilUtc) return
    reading.gaps.push([from, untilUtc])
    touch(reading, from, untilUtc)
  }

  /** Notes that everything up to a time was read. */
  readTo(name: string, untilUtc: number): void {
    const reading = this.#readings.get(name)
    if (reading === undefined || untilUtc <= reading.through) return
    touch(reading, reading.through, untilUtc)
    reading.through = untilUtc
  }

  /** Notes that a post was taken. */
  count(name: string, createdUtc: number): void {
    const [reading, hour] = [this.#readings.get(name), hourOf(createdUtc)]
    if (reading === undefined || hour < reading.from) return
    reading.seen.set(hour, (reading.seen.get(hour) ?? 0) + 1)
    reading.changed.add(hour)
  }

  /**
   * Reports on hours that are over and of which something new is known.
   * @param names the subreddits that can be read
   * @param startUtc when this process began: until it had the time to read, what it has not read says nothing
   */
  due(names: Iterable<string>, nowUtc: number, startUtc: number): HourReport[] {
    const reports: HourReport[] = []
    for (const name of names) {
      const reading = this.#readings.get(name)
      if (reading === undefined) continue
      reading.from = Math.max(reading.from, hourOf(nowUtc - MAX_S))
      for (let hour = reading.from; hour + HOUR_SECONDS + GRACE_S <= nowUtc; hour += HOUR_SECONDS) {
        const isRead = reading.through >= hour + HOUR_SECONDS
        if (!isRead && nowUtc < Math.max(hour + HOUR_SECONDS, startUtc) + PATIENCE_S) break
        if (hour >= reading.told || reading.changed.has(hour)) reports.push(toReport(name, reading, hour))
      }
    }
    return reports
  }

  /** Notes that these reports are stored, and forgets what they say the last word about. */
  reported(reports: readonly HourReport[], nowUtc: number): void {
    for (const { subreddit, hour_utc: hour } of reports) {
      const reading = this.#readings.get(subreddit!)!
      reading.told = Math.max(reading.told, hour + HOUR_SECONDS)
      reading.changed.delete(hour)
    }
    for (const reading of this.#readings.values()) forget(reading, nowUtc)
  }

  toStored(): StoredReadHours {
    return Object.fromEntries([...this.#readings].map(([name, reading]) => [name, toStoredReading(reading)]))
  }
}

/** Hours between the two times are other than they were reported. */
function touch(reading: Reading, fromUtc: number, untilUtc: number): void {
  const until = Math.min(untilUtc, reading.told)
  for (let hour = Math.max(hourOf(fromUtc), reading.from); hour < until; hour += HOUR_SECONDS) reading.changed.add(hour)
}

function forget(reading: Reading, nowUtc: number): void {
  const { seen, changed, told, through } = reading
  const until = Math.min(told, hourOf(Math.min(through, nowUtc - KEPT_S)))
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

const fromStored = ([since, through, from, told, gaps, seen, changed]: StoredReadHours[string]): Reading => ({
  since,
  through,
  from,
  told,
  gaps: [...gaps],
  seen: new Map(seen),
  changed: new Set(changed),
})

const toStoredReading = ({ since, through, from, told, gaps, seen, changed }: Reading): StoredReadHours[string] => [
  since,
  through,
  from,
  told,
  gaps,
  [...seen],
  [...changed],
]
