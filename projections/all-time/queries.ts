import type { Database } from 'better-sqlite3'

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

const ORDERS: Readonly<Record<SubredditOrder, { readonly by: string; readonly after: string }>> = {
  MOST_POSTS: {
    by: 'a.posts DESC, a.subreddit',
    after: '(a.posts < $value OR (a.posts = $value AND a.subreddit > $subreddit))',
  },
  MOST_SERIOUS: {
    by: 'a.mean DESC, a.subreddit',
    after: '(a.mean < $value OR (a.mean = $value AND a.subreddit > $subreddit))',
  },
  LEAST_SERIOUS: {
    by: 'a.mean, a.subreddit',
    after: '(a.mean > $value OR (a.mean = $value AND a.subreddit > $subreddit))',
  },
  NAME: { by: 'a.subreddit', after: 'a.subreddit > $subreddit AND $value = 0' },
}

/** Prepared queries of the all-time read model. */
export class AllTimeQueries {
  readonly #database: Database
  readonly #pages = new Map<string, ReturnType<AllTimeQueries['preparePage']>>()
  readonly #one
  readonly #many
  readonly #count
  readonly #countMatches
  readonly #total
  readonly #mostUsedModel
  readonly #sums

  constructor(database: Database) {
    this.#database = database
    this.#one = database.prepare<[string, string], SubredditRow>(
      `SELECT ${COLUMNS} FROM all_time a WHERE a.subreddit = ? AND a.model = ?`,
    )
    this.#many = database.prepare<[string, string], SubredditRow>(
      `SELECT ${COLUMNS} FROM json_each(?) j JOIN all_time a ON a.subreddit = j.value AND a.model = ?`,
    )
    this.#count = database.prepare<[string], number>('SELECT count(*) FROM all_time WHERE model = ?').pluck()
    this.#countMatches = database
      .prepare<[string, string], number>(
        `SELECT count(*) FROM all_time WHERE model = ? AND subreddit LIKE ? ESCAPE '\\'`,
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
    const key = `${order} ${search !== undefined} ${after !== undefined}`
    let statement = this.#pages.get(key)
    if (statement === undefined)
      this.#pages.set(key, (statement = this.preparePage(order, search !== undefined, after !== undefined)))
    return statement.all({ model, limit, ...(search === undefined ? {} : { like: toLike(search) }), ...after })
  }

  one(model: string, name: string): SubredditRow | undefined {
    return this.#one.get(name, model)
  }

  many(model: string, names: readonly string[]): SubredditRow[] {
    return this.#many.all(JSON.stringify(names), model)
  }

  count(model: string, search: string | undefined): number {
    return (search === undefined ? this.#count.get(model) : this.#countMatches.get(model, toLike(search))) ?? 0
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

  private preparePage(order: SubredditOrder, hasSearch: boolean, hasAfter: boolean) {
    const { by, after } = ORDERS[order]
    const conditions = ['a.model = $model']
    if (hasSearch) conditions.push(`a.subreddit LIKE $like ESCAPE '\\'`)
    if (hasAfter) conditions.push(after)
    return this.#database.prepare<[Record<string, unknown>], SubredditRow>(
      `SELECT ${COLUMNS} FROM all_time a WHERE ${conditions.join(' AND ')} ORDER BY ${by} LIMIT $limit`,
    )
  }
}

const toLike = (search: string): string => `%${search.replaceAll(/[\\%_]/g, '\\$&')}%`

export const allTimeQueries = {
  readModel: 'all-time',
  prepare: (database: Database) => new AllTimeQueries(database),
} as const
