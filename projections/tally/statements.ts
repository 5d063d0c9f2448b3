import type { Database } from 'better-sqlite3'
import { groupColumns, type TallyShape } from './tables.ts'

/** A row of the ledger: one scoring model's score of one post. */
export interface CountedScore {
  readonly key: number
  readonly model: string
  /** In the spelling of the event. */
  readonly subreddit: string
  /** The start of the bucket, in seconds since the epoch; 0 in a tally of all time. */
  readonly bucket: number
  /** 0…10000 */
  readonly seriousness: number
  /** Sequence in POSTS of the copy of the post that was scored; null if the event does not name it. */
  readonly postSequence: number | null
}

/** What a batch adds to one group of scores. */
export interface Delta {
  /** In lower case. */
  readonly subreddit: string
  readonly model: string
  readonly bucket: number
  posts: number
  sum: number
  sumOfSquares: number
}

export interface TallyStatements {
  /** @returns false when a score of the same post and scoring model is in the ledger */
  insertCounted(score: CountedScore): boolean
  /**
   * Removes the counted score of the same post and scoring model from the ledger if it is the score of a later copy of
   * the post. @returns the removed score
   */
  takeLaterCopy(score: CountedScore): CountedScore | undefined
  /** Removes a post's scores from the ledger. @returns the removed scores */
  takeCounted(key: number): CountedScore[]
  /** Adds a delta to its group's row, and removes the row when no post is left. */
  addDelta(delta: Delta): void
}

export function prepareTally(database: Database, shape: TallyShape): TallyStatements {
  const { table, column } = shape
  const hasBucket = column !== undefined
  const isGroup = groupColumns(shape)
    .map((name) => `${name} = ?`)
    .join(' AND ')
  const marks = hasBucket ? '?, ?, ?' : '?, ?'
  const insertCounted = database.prepare<(string | number | null)[]>(
    `INSERT INTO counted (key, seriousness, post_sequence, ${groupColumns(shape).join(', ')}) VALUES (?, ?, ?, ${marks}) ON CONFLICT DO NOTHING`,
  )
  const returning = `RETURNING key, model, subreddit, ${column ?? 0} AS bucket, seriousness, post_sequence AS postSequence`
  const takeCounted = database.prepare<[number], CountedScore>(`DELETE FROM counted WHERE key = ? ${returning}`)
  const takeLaterCopy = database.prepare<[number, string, number], CountedScore>(
    `DELETE FROM counted WHERE key = ? AND model = ? AND (post_sequence IS NULL OR post_sequence > ?) ${returning}`,
  )
  const remove = database.prepare<(string | number)[]>(`DELETE FROM ${table} WHERE posts = ? AND ${isGroup}`)
  // An upsert would fail when one post leaves a group as another enters it: its new row, of zero posts, can have no
  // mean.
  const update = database.prepare<(string | number)[]>(
    `UPDATE ${table} SET posts = posts + ?, sum = sum + ?, sum_of_squares = sum_of_squares + ? WHERE ${isGroup}`,
  )
  const add = database.prepare<(string | number)[]>(
    `INSERT INTO ${table} (posts, sum, sum_of_squares, ${groupColumns(shape).join(', ')}) VALUES (?, ?, ?, ${marks})`,
  )
  return {
    insertCounted: ({ key, seriousness, postSequence, subreddit, model, bucket }) =>
      (hasBucket
        ? insertCounted.run(key, seriousness, postSequence, subreddit, model, bucket)
        : insertCounted.run(key, seriousness, postSequence, subreddit, model)
      ).changes === 1,
    takeLaterCopy: ({ key, model, postSequence }) =>
      postSequence === null ? undefined : takeLaterCopy.get(key, model, postSequence),
    takeCounted: (key) => takeCounted.all(key),
    addDelta: ({ subreddit, model, bucket, posts, sum, sumOfSquares }) => {
      const group = hasBucket ? [subreddit, model, bucket] : [subreddit, model]
      if (posts < 0 && remove.run(-posts, ...group).changes === 1) return
      if (update.run(posts, sum, sumOfSquares, ...group).changes === 1) return
      add.run(posts, sum, sumOfSquares, ...group)
    },
  }
}
