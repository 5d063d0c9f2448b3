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
  readonly #range

  constructor(database: Database, name: ReadModelName, column: string) {
    const { table } = toShape(name, { column, isRanked: false })
    // `NOT INDEXED` leaves the primary key.
    this.#range = database.prepare<[string, string, number, number, number], TallyRow>(
      `SELECT ${column} AS start, posts, sum FROM ${table} NOT INDEXED
       WHERE subreddit = ? AND model = ? AND ${column} >= ? AND ${column} < ? ORDER BY ${column} LIMIT ?`,
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
    return collectRows(subreddits, most, (name, limit) => this.#range.all(name, model, from, to, limit))
  }
}

/**
 * Reads the rows of each subreddit, and stops at the first row that is too many. One statement for all subreddits would sort
 * all their rows before the first of them.
 * @returns undefined when there are more than `most` rows
 */
export function collectRows<Row>(
  subreddits: readonly string[],
  most: number,
  read: (subreddit: string, limit: number) => Row[],
): Map<string, Row[]> | undefined {
  const found = new Map<string, Row[]>()
  let left = most
  for (const name of subreddits) {
    const rows = read(name, left + 1)
    if (rows.length > left) return undefined
    left -= rows.length
    found.set(name, rows)
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
