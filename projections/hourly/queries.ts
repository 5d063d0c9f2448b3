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

/** Reads of the hourly read model, by prepared statements. */
export class HourlyQueries {
  readonly #range
  readonly #ranges

  constructor(database: Database) {
    this.#range = database.prepare<[string, string, number, number], HourRow>(
      'SELECT hour, posts, sum FROM hourly WHERE subreddit = ? AND model = ? AND hour >= ? AND hour < ? ORDER BY hour',
    )
    this.#ranges = database.prepare<[string, string, number, number, number], HourRow & { wanted: string }>(
      `SELECT j.value AS wanted, hour, posts, sum
       FROM json_each(?) j CROSS JOIN hourly h ON h.subreddit = j.value AND h.model = ? AND h.hour >= ? AND h.hour < ?
       ORDER BY j.key, hour LIMIT ?`,
    )
  }

  /** Hours with posts from `from` up to, not including, `to` (seconds since the epoch), oldest first. */
  range(model: string, subreddit: string, from: number, to: number): HourRow[] {
    return this.#range.all(subreddit, model, from, to)
  }

  /** {@link range} of many subreddits in one query; undefined when it would be more than `most` rows. */
  ranges(
    model: string,
    subreddits: readonly string[],
    { from, to, most }: { from: number; to: number; most: number },
  ): Map<string, HourRow[]> | undefined {
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
}
