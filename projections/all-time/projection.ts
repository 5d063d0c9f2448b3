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

/** Seriousness by subreddit, over all time. */
export const allTime: Projection<TallyChange> = {
  name: 'all-time',
  version: 1,
  handles: ['PostScored', 'PostErased'],
  tables,
  evolve: toTallyChange,
  createWriter: (database) => new TallyWriter(database, allTimeTables(database)),
}

function allTimeTables(database: Database): TallyTables {
  const insert = database.prepare<[number, string, string, number]>(
    'INSERT INTO counted (key, model, subreddit, seriousness) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
  )
  const remove = database.prepare<[string, string, number]>(
    'DELETE FROM all_time WHERE subreddit = ? AND model = ? AND posts = ?',
  )
  // Not an upsert: its row would be refused for its empty mean where one post leaves a group as another one enters it.
  const update = database.prepare<[number, number, number, string, string]>(
    `UPDATE all_time SET posts = posts + ?, sum = sum + ?, sum_of_squares = sum_of_squares + ?
     WHERE subreddit = ? AND model = ?`,
  )
  const add = database.prepare<[string, string, number, number, number]>(
    'INSERT INTO all_time (subreddit, model, posts, sum, sum_of_squares) VALUES (?, ?, ?, ?, ?)',
  )
  return {
    groupOf: () => 0,
    insertCounted: ({ key, model, subreddit, seriousness }: CountScore) =>
      insert.run(key, model, subreddit, seriousness).changes === 1,
    addDelta: ({ subreddit, model, posts, sum, sumOfSquares }: Delta) => {
      if (posts < 0 && remove.run(subreddit, model, -posts).changes === 1) return
      if (update.run(posts, sum, sumOfSquares, subreddit, model).changes === 1) return
      add.run(subreddit, model, posts, sum, sumOfSquares)
    },
    selectCounted: 'SELECT model, subreddit, 0 AS hour, seriousness FROM counted WHERE key = ?',
  }
}
