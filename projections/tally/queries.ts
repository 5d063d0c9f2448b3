import type { Database } from 'better-sqlite3'
import type { ReadModelName } from '../../schema/read-models.ts'
import { toShape } from './tables.ts'

export interface TallyRow {
  /** The start of the bucket, in seconds since the epoch. */
  readonly start: number
  readonly posts: number
  /** The sum of the fixed values (schema/seriousness.ts). */
  readonly sum: number
}

export interface BucketRange {
  /** Seconds since the epoch; `to` is not included. */
  readonly from: number
  readonly to: number
  /** The most rows to return. */
  readonly most: number
}

/** Prepared queries for the buckets of a tally that divides time. */
export class TallyQueries {
  readonly #ranges

  constructor(database: Database, name: ReadModelName, column: string) {
    const { table } = toShape(name, { column, isRanked: false })
    this.#ranges = database.prepare<[string, string, number, number, number], TallyRow & { wanted: string }>(
      `SELECT j.value AS wanted, t.${column} AS start, t.posts, t.sum
       FROM json_each(?) j CROSS JOIN ${table} t ON t.subreddit = j.value AND t.model = ? AND t.${column} >= ? AND t.${column} < ?
       ORDER BY j.key, t.${column} LIMIT ?`,
    )
  }

  /**
   * The buckets with posts of each subreddit, oldest first.
   * @returns undefined when there are more than `most` rows
   */
  ranges(
    model: string,
    subreddits: readonly string[],
    { from, to, most }: BucketRange,
  ): Map<string, TallyRow[]> | undefined {
    const rows = this.#ranges.all(JSON.stringify(subreddits), model, from, to, most + 1)
    if (rows.length > most) return undefined
    return groupRows(rows)
  }
}

function groupRows(rows: readonly (TallyRow & { wanted: string })[]): Map<string, TallyRow[]> {
  const found = new Map<string, TallyRow[]>()
  for (const { wanted, ...row } of rows) {
    const buckets = found.get(wanted)
    if (buckets === undefined) found.set(wanted, [row])
    else buckets.push(row)
  }
  return found
}

/**
 * The queries of a tally, for the gateway's ReadModels.
 * @public for read models that have no queries of their own
 */
export const tallyQueries = (readModel: ReadModelName, column: string) => ({
  readModel,
  prepare: (database: Database) => new TallyQueries(database, readModel, column),
})
