import type { Database, Statement } from 'better-sqlite3'

export interface PostRow {
  readonly key: number
  readonly id: string
  readonly subreddit: string
  readonly title: string
  readonly createdUtc: number
  readonly permalink: string | null
  /** 0…10000; null until scored. */
  readonly seriousness: number | null
  readonly model: string | null
}

export interface ScoredPostRow extends PostRow {
  /** In SCORES: the order of scoring, and the cursor. */
  readonly sequence: number
}

export type PostOrder = 'NEWEST' | 'MOST_SERIOUS' | 'LEAST_SERIOUS'

/** A place in an order: the last row's value (created_utc or seriousness) and key. */
export interface PostPlace {
  readonly value: number
  readonly key: number
}

export interface PostPage {
  readonly model: string
  readonly order: PostOrder
  readonly subreddit: string | undefined
  readonly search: string | undefined
  readonly after: PostPlace | undefined
  readonly limit: number
}

const COLUMNS = `p.key, p.id, p.subreddit, p.title, p.created_utc AS createdUtc, p.permalink, s.seriousness, s.model`
const ORDERS: Readonly<
  Record<
    PostOrder,
    { readonly value: string; readonly key: string; readonly direction: string; readonly compare: string }
  >
> = {
  NEWEST: { value: 'p.created_utc', key: 'p.key', direction: 'DESC', compare: '<' },
  MOST_SERIOUS: { value: 's.seriousness', key: 's.key', direction: 'DESC', compare: '<' },
  LEAST_SERIOUS: { value: 's.seriousness', key: 's.key', direction: 'ASC', compare: '>' },
}

/**
 * A search looks at this many of the newest matches: a word that is in half of all titles must not keep the process
 * busy. Within one subreddit, whose share of the matches may be small, it looks further.
 */
const MAX_MATCHES = 10_000
const MAX_MATCHES_AROUND = 50_000

/** Reads of the posts read model, by prepared statements. */
export class PostsQueries {
  readonly #database: Database
  readonly #pages = new Map<string, Statement<[Record<string, unknown>], PostRow>>()
  readonly #one
  readonly #scoredAfter
  readonly #scoredAfterIn
  readonly #lastSequence
  readonly #sources

  constructor(database: Database) {
    this.#database = database
    this.#one = database.prepare<[string, number], PostRow>(
      `SELECT ${COLUMNS} FROM posts p LEFT JOIN scores s ON s.key = p.key AND s.model = ? WHERE p.key = ?`,
    )
    const scored = (more: string): string =>
      // Without statistics SQLite prefers the index on the model, and would sort every score there is.
      `SELECT ${COLUMNS}, s.sequence FROM scores s INDEXED BY scores_by_sequence CROSS JOIN posts p ON p.key = s.key
       WHERE s.sequence > $after AND s.model = $model ${more} ORDER BY s.sequence LIMIT $limit`
    this.#scoredAfter = database.prepare<[object], ScoredPostRow>(scored(''))
    this.#scoredAfterIn = database.prepare<[object], ScoredPostRow>(scored('AND p.subreddit = $subreddit'))
    this.#lastSequence = database
      .prepare<[], number>("SELECT sequence FROM checkpoints WHERE stream = 'SCORES'")
      .pluck()
    this.#sources = database.prepare<[], { source: string; posts: number }>(
      'SELECT source, posts FROM sources ORDER BY source',
    )
  }

  one(model: string, key: number): PostRow | undefined {
    return this.#one.get(model, key)
  }

  /** Newest first, or by seriousness (then only scored posts). */
  page(page: PostPage): PostRow[] {
    const { model, order, subreddit, search, after, limit } = page
    const match = search === undefined ? undefined : toMatch(search)
    if (match === '') return []
    const key = `${order} ${subreddit !== undefined} ${match !== undefined} ${after !== undefined}`
    let statement = this.#pages.get(key)
    if (statement === undefined) this.#pages.set(key, (statement = this.#prepare(page)))
    return statement.all({
      model,
      limit,
      ...(subreddit === undefined ? {} : { subreddit }),
      ...(match === undefined ? {} : { match, matches: subreddit === undefined ? MAX_MATCHES : MAX_MATCHES_AROUND }),
      ...after,
    })
  }

  /** Scored posts behind a sequence of SCORES, in its order. */
  scoredAfter(model: string, after: number, limit: number, subreddit?: string): ScoredPostRow[] {
    if (subreddit === undefined) return this.#scoredAfter.all({ model, after, limit })
    return this.#scoredAfterIn.all({ model, after, limit, subreddit })
  }

  /** The SCORES sequence up to which everything is here. */
  lastSequence(): number {
    return this.#lastSequence.get() ?? 0
  }

  sources(): { source: string; posts: number }[] {
    return this.#sources.all()
  }

  #prepare({ order, subreddit, search, after }: PostPage): Statement<[Record<string, unknown>], PostRow> {
    const { value, key, direction, compare } = ORDERS[order]
    const byTime = order === 'NEWEST'
    const from = byTime
      ? 'posts p LEFT JOIN scores s ON s.key = p.key AND s.model = $model'
      : 'scores s JOIN posts p ON p.key = s.key'
    const conditions = [byTime ? '1' : 's.model = $model']
    if (subreddit !== undefined) conditions.push(`${byTime ? 'p' : 's'}.subreddit = $subreddit`)
    if (search !== undefined)
      conditions.push(
        'p.key IN (SELECT rowid FROM titles WHERE titles MATCH $match ORDER BY rowid DESC LIMIT $matches)',
      )
    if (after !== undefined) conditions.push(`(${value}, ${key}) ${compare} ($value, $key)`)
    return this.#database.prepare(
      `SELECT ${COLUMNS} FROM ${from} WHERE ${conditions.join(' AND ')}
       ORDER BY ${value} ${direction}, ${key} ${direction} LIMIT $limit`,
    )
  }
}

/** A user's words as a full-text query: each quoted, so that nothing of it is syntax, the last one as a prefix too. */
function toMatch(search: string): string {
  const words = search.match(/[\p{L}\p{N}]+/gu) ?? []
  return words
    .slice(0, 16)
    .map((word) => `"${word}"*`)
    .join(' ')
}
