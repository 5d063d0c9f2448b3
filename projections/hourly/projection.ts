import type { Database } from 'better-sqlite3'
import type { ChangeWriter, Projection } from '../projection.ts'
import {
  TallyWriter,
  toTallyChange,
  type CountScore,
  type Delta,
  type TallyChange,
  type TallyTables,
} from '../tally.ts'
import { coverageTables, CoverageWriter, type CoverHour } from './coverage.ts'
import { tables } from './tables.ts'

type HourlyChange = TallyChange | CoverHour

/** Seriousness by subreddit and hour of the post's creation, and how much of each hour the sources saw. */
export const hourly: Projection<HourlyChange> = {
  name: 'hourly',
  version: 2,
  handles: ['PostScored', 'PostErased', 'HourCovered'],
  tables,
  // A file of version 1 followed no COVERAGE: with the empty table it follows it from its beginning, as a new file does.
  upgrades: { 1: coverageTables },
  evolve: (event, { sequence }) =>
    event.type === 'HourCovered' ? { kind: 'cover', report: event, sequence } : toTallyChange(event),
  createWriter: (database) => new HourlyWriter(database),
}

class HourlyWriter implements ChangeWriter<HourlyChange> {
  readonly #tally: TallyWriter
  readonly #coverage: CoverageWriter

  constructor(database: Database) {
    this.#tally = new TallyWriter(database, hourlyTables(database))
    this.#coverage = new CoverageWriter(database)
  }

  apply(change: HourlyChange): void {
    if (change.kind === 'cover') this.#coverage.apply(change)
    else this.#tally.apply(change)
  }

  flush(): readonly string[] {
    const covered = this.#coverage.flush()
    const tallied = this.#tally.flush()
    return covered.length === 0 ? tallied : [...new Set([...tallied, ...covered])]
  }
}

/** The statements of its sums. */
export function hourlyTables(database: Database): TallyTables {
  const insert = database.prepare<[number, string, string, number, number]>(
    'INSERT INTO counted (key, model, subreddit, hour, seriousness) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
  )
  const remove = database.prepare<[string, string, number, number]>(
    'DELETE FROM hourly WHERE subreddit = ? AND model = ? AND hour = ? AND posts = ?',
  )
  const update = database.prepare<[number, number, number, string, string, number]>(
    `UPDATE hourly SET posts = posts + ?, sum = sum + ?, sum_of_squares = sum_of_squares + ?
     WHERE subreddit = ? AND model = ? AND hour = ?`,
  )
  const add = database.prepare<[string, string, number, number, number, number]>(
    'INSERT INTO hourly (subreddit, model, hour, posts, sum, sum_of_squares) VALUES (?, ?, ?, ?, ?, ?)',
  )
  return {
    groupOf: ({ hour }: CountScore) => hour,
    insertCounted: ({ key, model, subreddit, hour, seriousness }: CountScore) =>
      insert.run(key, model, subreddit, hour, seriousness).changes === 1,
    addDelta: ({ subreddit, model, hour, posts, sum, sumOfSquares }: Delta) => {
      if (posts < 0 && remove.run(subreddit, model, hour, -posts).changes === 1) return
      if (update.run(posts, sum, sumOfSquares, subreddit, model, hour).changes === 1) return
      add.run(subreddit, model, hour, posts, sum, sumOfSquares)
    },
    selectCounted: 'SELECT model, subreddit, hour, seriousness FROM counted WHERE key = ?',
  }
}
