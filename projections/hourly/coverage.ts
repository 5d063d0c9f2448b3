import type { Database } from 'better-sqlite3'
import type { HourCovered } from '../../schema/events.ts'

/**
 * How much of each hour the sources saw: the latest report of each. `subreddit` is in lower case, and empty for all of
 * Reddit; `hour` is seconds since the epoch at the hour's start; `sequence` is that of the report in COVERAGE.
 */
export const coverageTables = `
CREATE TABLE coverage (
  subreddit TEXT NOT NULL COLLATE NOCASE,
  hour INTEGER NOT NULL,
  source TEXT NOT NULL,
  expected INTEGER,
  seen INTEGER NOT NULL,
  erased INTEGER NOT NULL,
  unknown INTEGER NOT NULL,
  coverage REAL NOT NULL,
  sequence INTEGER NOT NULL,
  PRIMARY KEY (subreddit, hour, source)
) STRICT, WITHOUT ROWID;

CREATE VIEW coverage_view AS
  SELECT
    source,
    iif(subreddit = '', NULL, coalesce((SELECT name FROM names WHERE names.subreddit = coverage.subreddit ORDER BY names.posts DESC, name LIMIT 1), subreddit)) COLLATE NOCASE AS subreddit,
    strftime('%Y-%m-%dT%H:%M:%SZ', hour, 'unixepoch') AS hour,
    expected,
    seen,
    erased,
    unknown,
    coverage
  FROM coverage;
`

/** Put down a source's report about an hour, in place of an earlier one. */
export interface CoverHour {
  readonly kind: 'cover'
  readonly report: HourCovered
  /** Of the report in COVERAGE: a later one counts. */
  readonly sequence: number
}

/** The rows of `coverage`. */
export class CoverageWriter {
  readonly #upsert
  readonly #changed = new Set<string>()

  constructor(database: Database) {
    this.#upsert = database.prepare<[string, number, string, number | null, number, number, number, number, number]>(
      `INSERT INTO coverage (subreddit, hour, source, expected, seen, erased, unknown, coverage, sequence)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET
         expected = excluded.expected, seen = excluded.seen, erased = excluded.erased, unknown = excluded.unknown,
         coverage = excluded.coverage, sequence = excluded.sequence
       WHERE excluded.sequence > sequence`,
    )
  }

  apply({ report, sequence }: CoverHour): void {
    const { source, hour_utc: hour, expected, seen, erased, unknown, coverage } = report
    const subreddit = report.subreddit?.toLowerCase() ?? ''
    this.#upsert.run(subreddit, hour, source, expected, seen, erased, unknown, coverage, sequence)
    if (subreddit !== '') this.#changed.add(subreddit)
  }

  /**
   * The subreddits with new reports since the last call. Reports about all of Reddit change what is known of every
   * subreddit, and are told to none: their readers come by again by themselves.
   */
  flush(): string[] {
    const changed = [...this.#changed]
    this.#changed.clear()
    return changed
  }
}
