import type { Database } from 'better-sqlite3'
import { collectRows, TallyQueries, type BucketRange } from '../tally/queries.ts'

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

/** Prepared queries for the hours of subreddits, and for how much of them the sources saw. */
export class HourlyQueries extends TallyQueries {
  readonly #coverage

  constructor(database: Database) {
    super(database, 'hourly', 'hour')
    this.#coverage = database.prepare<[string, number, number, number], CoverageRow>(
      `SELECT hour, source, expected, seen, erased, unknown, coverage, subreddit = '' AS isOfAll
       FROM coverage NOT INDEXED
       WHERE subreddit = ? AND hour >= ? AND hour < ? ORDER BY hour, source LIMIT ?`,
    )
  }

  /**
   * For each subreddit and hour the report with the greatest coverage, oldest hour first; where they are equal, one
   * about the subreddit itself before one about all of Reddit. Hours without a report are left out: nothing is known of
   * them.
   * @returns undefined when there are more than `most` rows
   */
  coverage(subreddits: readonly string[], { from, to, most }: BucketRange): Map<string, CoverageRow[]> | undefined {
    const read = (name: string, limit: number): CoverageRow[] => this.#coverage.all(name, from, to, limit)
    const all = read('', most + 1)
    const left = most - all.length * subreddits.length
    const own = left < 0 ? undefined : collectRows(subreddits, left, read)
    if (own === undefined) return undefined
    return new Map(subreddits.map((name) => [name, bestByHour([...own.get(name)!, ...all])]))
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
