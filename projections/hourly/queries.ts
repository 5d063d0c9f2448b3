import type { Database } from 'better-sqlite3'
import { hourly } from './projection.ts'

/** What these queries can read. */
export const reads = { projection: hourly.name, version: hourly.version } as const

export interface HourRow {
  /** Seconds since the epoch, at the hour's start. */
  readonly hour: number
  readonly posts: number
  readonly sum: number
}

/** What one source reported about an hour. */
export interface CoverageRow {
  /** Seconds since the epoch, at the hour's start. */
  readonly hour: number
  readonly source: string
  readonly expected: number | null
  readonly seen: number
  readonly erased: number
  readonly unknown: number
  /** 0…1 */
  readonly coverage: number
  /** 1: the counts are of all of Reddit. */
  readonly isOfAll: 0 | 1
}

interface Range {
  /** Seconds since the epoch; `to` is not included. */
  readonly from: number
  readonly to: number
  /** Rows, at most. */
  readonly most: number
}

const COVERAGE_COLUMNS = 'hour, source, expected, seen, erased, unknown, coverage'

/** Reads of the hourly read model, by prepared statements. */
export class HourlyQueries {
  readonly #range
  readonly #ranges
  readonly #ownCoverage
  readonly #allCoverage

  constructor(database: Database) {
    this.#range = database.prepare<[string, string, number, number], HourRow>(
      'SELECT hour, posts, sum FROM hourly WHERE subreddit = ? AND model = ? AND hour >= ? AND hour < ? ORDER BY hour',
    )
    this.#ranges = database.prepare<[string, string, number, number, number], HourRow & { wanted: string }>(
      `SELECT j.value AS wanted, hour, posts, sum
       FROM json_each(?) j CROSS JOIN hourly h ON h.subreddit = j.value AND h.model = ? AND h.hour >= ? AND h.hour < ?
       ORDER BY j.key, hour LIMIT ?`,
    )
    this.#ownCoverage = database.prepare<[string, number, number, number], CoverageRow & { wanted: string }>(
      `SELECT j.value AS wanted, ${COVERAGE_COLUMNS}, 0 AS isOfAll
       FROM json_each(?) j CROSS JOIN coverage c ON c.subreddit = j.value AND c.hour >= ? AND c.hour < ?
       ORDER BY j.key, hour, source LIMIT ?`,
    )
    this.#allCoverage = database.prepare<[number, number, number], CoverageRow>(
      `SELECT ${COVERAGE_COLUMNS}, 1 AS isOfAll FROM coverage
       WHERE subreddit = '' AND hour >= ? AND hour < ? ORDER BY hour, source LIMIT ?`,
    )
  }

  /** Hours with posts from `from` up to, not including, `to` (seconds since the epoch), oldest first. */
  range(model: string, subreddit: string, from: number, to: number): HourRow[] {
    return this.#range.all(subreddit, model, from, to)
  }

  /** {@link range} of many subreddits in one query; undefined when it would be more than `most` rows. */
  ranges(model: string, subreddits: readonly string[], { from, to, most }: Range): Map<string, HourRow[]> | undefined {
    const rows = this.#ranges.all(JSON.stringify(subreddits), model, from, to, most + 1)
    if (rows.length > most) return undefined
    const found = new Map<string, HourRow[]>()
    for (const { wanted, ...row } of rows) {
      const hours = found.get(wanted)
      if (hours === undefined) found.set(wanted, [row])
      else hours.push(row)
    }
    return found
  }

  /**
   * For each subreddit and hour the report with the greatest coverage, oldest hour first; where they are equal, one about
   * the subreddit itself before one about all of Reddit. Hours without a report are left out: nothing is known of them.
   * @returns undefined when it would be more than `most` rows
   */
  coverage(subreddits: readonly string[], { from, to, most }: Range): Map<string, CoverageRow[]> | undefined {
    const own = this.#ownCoverage.all(JSON.stringify(subreddits), from, to, most + 1)
    const all = this.#allCoverage.all(from, to, most + 1)
    if (own.length + all.length * subreddits.length > most) return undefined
    const ownRows = Map.groupBy(own, ({ wanted }) => wanted)
    return new Map(subreddits.map((name) => [name, bestByHour([...(ownRows.get(name) ?? []), ...all])]))
  }
}

/** The first of the best of each hour, oldest hour first. */
function bestByHour(rows: readonly CoverageRow[]): CoverageRow[] {
  const best = new Map<number, CoverageRow>()
  for (const row of rows) if (row.coverage > (best.get(row.hour)?.coverage ?? -1)) best.set(row.hour, row)
  return [...best.values()].sort((one, other) => one.hour - other.hour)
}
