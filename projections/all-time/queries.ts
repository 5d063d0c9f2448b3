import type { Database } from 'better-sqlite3'
import { defineReadBudget } from '../../schema/read-budget.ts'

export interface SubredditRow {
  /** The spelling that most posts use. */
  readonly name: string
  /** In lower case. It is the key, and the tie-breaker of every order. */
  readonly subreddit: string
  readonly posts: number
  readonly sum: number
  readonly sumOfSquares: number
  /** 0…1 */
  readonly mean: number
}

export type SubredditOrder = 'MOST_POSTS' | 'MOST_SERIOUS' | 'LEAST_SERIOUS' | 'NAME'

/** Where a page ended: the last row's value (posts or mean; 0 in the order by name) and its subreddit. */
export interface SubredditPlace {
  readonly value: number
  readonly subreddit: string
}

export interface SubredditPage {
  readonly model: string
  readonly order: SubredditOrder
  readonly search: string | undefined
  readonly after: SubredditPlace | undefined
  readonly limit: number
}

const COLUMNS = `
  (SELECT name FROM names WHERE names.subreddit = a.subreddit ORDER BY names.posts DESC, name LIMIT 1) AS name,
  a.subreddit, a.posts, a.sum, a.sum_of_squares AS sumOfSquares, a.mean`

interface Order {
  /** The index that has the rows of a scoring model in this order. It is named because the planner would guess. */
  readonly index: string
  readonly by: string
  /** The rows that have the same value as the last row of the page before, and come after it. */
  readonly ties?: string
  /** The other rows after the page before. */
  readonly after: string
}

const ORDERS: Readonly<Record<SubredditOrder, Order>> = {
  MOST_POSTS: {
    index: 'INDEXED BY all_time_by_posts',
    by: 'a.posts DESC, a.subreddit',
    ties: 'a.posts = $value AND a.subreddit > $subreddit',
    after: 'a.posts < $value',
  },
  MOST_SERIOUS: {
    index: 'INDEXED BY all_time_by_mean_down',
    by: 'a.mean DESC, a.subreddit',
    ties: 'a.mean = $value AND a.subreddit > $subreddit',
    after: 'a.mean < $value',
  },
  LEAST_SERIOUS: {
    index: 'INDEXED BY all_time_by_mean',
    by: 'a.mean, a.subreddit',
    ties: 'a.mean = $value AND a.subreddit > $subreddit',
    after: 'a.mean > $value',
  },
  // The primary key begins with the subreddit, and a subreddit has few scoring models.
  NAME: { index: 'NOT INDEXED', by: 'a.subreddit', after: 'a.subreddit > $subreddit' },
}

/** A condition that is checked for each row, so that a search without matches ends in time. */
const IS_LIKE = `iif(within_budget(), a.subreddit LIKE $like ESCAPE '\\', 0)`

/** Prepared queries of the all-time read model. */
export class AllTimeQueries {
  readonly #database: Database
  readonly #pages = new Map<string, ReturnType<AllTimeQueries['prepare']>>()
  readonly #one
  readonly #many
  readonly #count
  readonly #countMatches
  readonly #total
  readonly #mostUsedModel
  readonly #sums

  constructor(database: Database) {
    defineReadBudget(database)
    this.#database = database
    this.#one = database.prepare<[string, string], SubredditRow>(
      `SELECT ${COLUMNS} FROM all_time a WHERE a.subreddit = ? AND a.model = ?`,
    )
    this.#many = database.prepare<[string, string], SubredditRow>(
      `SELECT ${COLUMNS} FROM json_each(?) j CROSS JOIN all_time a ON a.subreddit = j.value AND a.model = ?`,
    )
    this.#count = database
      .prepare<[string], number>('SELECT count(*) FROM all_time INDEXED BY all_time_by_posts WHERE model = ?')
      .pluck()
    this.#countMatches = database
      .prepare<[object], number>(
        `SELECT count(*) FROM all_time a INDEXED BY all_time_by_posts WHERE a.model = $model AND ${IS_LIKE}`,
      )
      .pluck()
    this.#total = database.prepare<[string], { posts: number; sum: number; sumOfSquares: number }>(
      `SELECT coalesce(sum(posts), 0) AS posts, coalesce(sum(sum), 0) AS sum, coalesce(sum(sum_of_squares), 0) AS sumOfSquares
       FROM all_time WHERE model = ?`,
    )
    this.#mostUsedModel = database
      .prepare<[], string>('SELECT model FROM all_time GROUP BY model ORDER BY sum(posts) DESC, model LIMIT 1')
      .pluck()
    this.#sums = database.prepare<[string], { subreddit: string; posts: number; sum: number }>(
      'SELECT subreddit, posts, sum FROM all_time WHERE model = ?',
    )
  }

  page({ model, order, search, after, limit }: SubredditPage): SubredditRow[] {
    const asked = { model, ...(search === undefined ? {} : { like: toLike(search) }) }
    const hasSearch = search !== undefined
    const { ties, after: others } = ORDERS[order]
    if (after === undefined) return this.#page(order, hasSearch, '').all({ ...asked, limit })
    const { value, subreddit } = after
    if (ties === undefined) return this.#page(order, hasSearch, others).all({ ...asked, subreddit, limit })
    // A single condition with OR would read all rows from the first one on.
    const rows = this.#page(order, hasSearch, ties).all({ ...asked, value, subreddit, limit })
    if (rows.length === limit) return rows
    return [...rows, ...this.#page(order, hasSearch, others).all({ ...asked, value, limit: limit - rows.length })]
  }

  one(model: string, name: string): SubredditRow | undefined {
    return this.#one.get(name, model)
  }

  many(model: string, names: readonly string[]): SubredditRow[] {
    return this.#many.all(JSON.stringify(names), model)
  }

  count(model: string, search: string | undefined): number {
    return (
      (search === undefined ? this.#count.get(model) : this.#countMatches.get({ model, like: toLike(search) })) ?? 0
    )
  }

  total(model: string): { posts: number; sum: number; sumOfSquares: number } {
    return this.#total.get(model)!
  }

  /** The scoring model with the most scores. */
  mostUsedModel(): string | undefined {
    return this.#mostUsedModel.get()
  }

  /** The figures of all subreddits, which a reader compares with earlier ones to find those that changed. */
  sums(model: string): { subreddit: string; posts: number; sum: number }[] {
    return this.#sums.all(model)
  }

  #page(order: SubredditOrder, hasSearch: boolean, after: string): ReturnType<AllTimeQueries['prepare']> {
    const key = `${order} ${hasSearch} ${after}`
    let statement = this.#pages.get(key)
    if (statement === undefined) this.#pages.set(key, (statement = this.prepare(order, hasSearch, after)))
    return statement
  }

  private prepare(order: SubredditOrder, hasSearch: boolean, after: string) {
    const { index, by } = ORDERS[order]
    const conditions = ['a.model = $model', ...(hasSearch ? [IS_LIKE] : []), ...(after === '' ? [] : [after])]
    return this.#database.prepare<[object], SubredditRow>(
      `SELECT ${COLUMNS} FROM all_time a ${index} WHERE ${conditions.join(' AND ')} ORDER BY ${by} LIMIT $limit`,
    )
  }
}

const toLike = (search: string): string => `%${search.replaceAll(/[\\%_]/g, '\\$&')}%`

export const allTimeQueries = {
  readModel: 'all-time',
  prepare: (database: Database) => new AllTimeQueries(database),
} as const
