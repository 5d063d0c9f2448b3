import type { Database } from 'better-sqlite3'
import type { Projection } from '../projection.ts'
import {
  TallyWriter,
  toTallyChange,
  type CountScore,
  type Delta,
  type TallyChange,
  type TallyTables,
} from '../tally.ts'
import { tables } from './tables.ts'

/** Seriousness by subreddit and hour of the post's creation. */
export const hourly: Projection<TallyChange> = {
  name: 'hourly',
  version: 1,
  handles: ['PostScored', 'PostErased'],
  tables,
  evolve: toTallyChange,
  createWriter: (database) => new TallyWriter(database, hourlyTables(database)),
}

function hourlyTables(database: Database): TallyTables {
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
