import type { Database } from 'better-sqlite3'
import { TallyQueries, type BucketRange } from '../tally/queries.ts'

/** What one source reported about an hour. */
export interface CoverageRow {
  /** Seconds since the epoch, at the hour's start. */
  readonly hour: number
  readonly source: string
  readonly expected: number | null
  readonly seen: number
  /** Posts that were seen as deleted or removed on Reddit. */
  readonly erased: number
  readonly unknown: number
  /** 0…1 */
  readonly coverage: number
  /** 1: the counts are of all of Reddit, not of the subreddit alone. */
  readonly isOfAll: 0 | 1
}

const COVERAGE_COLUMNS = 'hour, source, expected, seen, erased, unknown, coverage'

/** Prepared queries for the hours of subreddits, and for how much of them the sources saw. */
export class HourlyQueries extends TallyQueries {
  readonly #ownCoverage
  readonly #allCoverage

  constructor(database: Database) {
    super(database, 'hourly', 'hour')
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

  /**
   * For each subreddit and hour the report with the greatest coverage, oldest hour first; where they are equal, one
   * about the subreddit itself before one about all of Reddit. Hours without a report are left out: nothing is known of
   * them.
   * @returns undefined when there are more than `most` rows
   */
  coverage(subreddits: readonly string[], { from, to, most }: BucketRange): Map<string, CoverageRow[]> | undefined {
    const own = this.#ownCoverage.all(JSON.stringify(subreddits), from, to, most + 1)
    const all = this.#allCoverage.all(from, to, most + 1)
    if (own.length + all.length * subreddits.length > most) return undefined
    const ownRows = Map.groupBy(own, ({ wanted }) => wanted)
    return new Map(subreddits.map((name) => [name, bestByHour([...(ownRows.get(name) ?? []), ...all])]))
  }
}

/** Of each hour, the first report with the greatest coverage; oldest hour first. */
function bestByHour(rows: readonly CoverageRow[]): CoverageRow[] {
  const best = new Map<number, CoverageRow>()
  for (const row of rows) if (row.coverage > (best.get(row.hour)?.coverage ?? -1)) best.set(row.hour, row)
  return [...best.values()].sort((one, other) => one.hour - other.hour)
}

export const hourlyQueries = {
  readModel: 'hourly',
  prepare: (database: Database) => new HourlyQueries(database),
} as const
