import type { Database } from 'better-sqlite3'
import type { HourCovered } from '../../schema/events.ts'
import type { ChangeWriter, Flushed, Projection } from '../projection.ts'
import type { TallyChange } from '../tally/tally-writer.ts'

/**
 * How much of each hour the sources saw: the latest report of each source. `subreddit` is in lower case, and empty for
 * all of Reddit. `hour` is seconds since the epoch at the hour's start. `erased` counts posts that were deleted on
 * Reddit. `sequence` is the report's sequence in COVERAGE.
 */
const coverageTables = `
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

/** A change that stores a source's report about an hour in place of an earlier one. */
export interface CoverHour {
  readonly kind: 'cover'
  readonly report: HourCovered
  /** The report's sequence in COVERAGE. The latest report counts. */
  readonly sequence: number
}

/** A tally that also keeps how much of each hour the sources saw. */
export const withCoverage = (tally: Projection<TallyChange>): Projection<TallyChange | CoverHour> => ({
  ...tally,
  tables: tally.tables + coverageTables,
  evolve: (event, position) =>
    event.type === 'HourCovered'
      ? { kind: 'cover', report: event, sequence: position.sequence }
      : tally.evolve(event, position),
  createWriter: (database) => new CoverageWriter(database, tally.createWriter(database)),
})

/** Writes the reports, and hands everything else to the tally's writer. */
class CoverageWriter implements ChangeWriter<TallyChange | CoverHour> {
  readonly #tally: ChangeWriter<TallyChange>
  readonly #upsert
  readonly #changed = new Set<string>()

  constructor(database: Database, tally: ChangeWriter<TallyChange>) {
    this.#tally = tally
    this.#upsert = database.prepare<[string, number, string, number | null, number, number, number, number, number]>(
      `INSERT INTO coverage (subreddit, hour, source, expected, seen, erased, unknown, coverage, sequence)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET
         expected = excluded.expected, seen = excluded.seen, erased = excluded.erased, unknown = excluded.unknown,
         coverage = excluded.coverage, sequence = excluded.sequence
       WHERE excluded.sequence > sequence`,
    )
  }

  apply(change: TallyChange | CoverHour): void {
    if (change.kind === 'cover') this.#cover(change)
    else this.#tally.apply(change)
  }

  /**
   * Also names the subreddits with new reports. A report about all of Reddit concerns every subreddit, but none is
   * named for it: readers poll these reports from time to time.
   */
  flush(): Flushed {
    const flushed = this.#tally.flush()
    if (this.#changed.size === 0) return flushed
    const subreddits = [...new Set([...flushed.subreddits, ...this.#changed])]
    this.#changed.clear()
    return { ...flushed, subreddits }
  }

  #cover({ report, sequence }: CoverHour): void {
    const { source, hour_utc: hour, expected, seen, erased, unknown, coverage } = report
    const subreddit = report.subreddit?.toLowerCase() ?? ''
    this.#upsert.run(subreddit, hour, source, expected, seen, erased, unknown, coverage, sequence)
    if (subreddit !== '') this.#changed.add(subreddit)
  }
}
