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

/** A score, with its post where that is here. */
export type ScoredPostRow = {
  /** In SCORES: the order of scoring, and the cursor. */
  readonly sequence: number
} & (PostRow | { readonly id: null })

/** A stretch of SCORES: behind `after`, up to and including `until`. */
export interface ScoredStretch {
  readonly model: string
  readonly after: number
  readonly until: number
  readonly limit: number
  readonly subreddit?: string | undefined
}

/** Up to where each stream was applied, and which SCORES it was. */
export interface PostsPosition {
  readonly scores: number
  readonly posts: number
  readonly log: string
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
  readonly #scoreSequence
  readonly #scored
  readonly #scoredIn
  readonly #position
  readonly #sources

  constructor(database: Database) {
    this.#database = database
    this.#one = database.prepare<[string, number], PostRow>(
      `SELECT ${COLUMNS} FROM posts p LEFT JOIN scores s ON s.key = p.key AND s.model = ? WHERE p.key = ?`,
    )
    this.#scoreSequence = database
      .prepare<[number, string], number>('SELECT sequence FROM scores WHERE key = ? AND model = ?')
      .pluck()
    const scored = (more: string): string =>
      // The plus signs keep SQLite from an index on the model or the subreddit, after which it would sort all of it.
      `SELECT ${COLUMNS}, s.sequence FROM scores s LEFT JOIN posts p ON p.key = s.key
       WHERE s.sequence > $after AND s.sequence <= $until AND +s.model = $model ${more} ORDER BY s.sequence LIMIT $limit`
    this.#scored = database.prepare<[object], ScoredPostRow>(scored(''))
    this.#scoredIn = database.prepare<[object], ScoredPostRow>(scored('AND +s.subreddit = $subreddit'))
    this.#position = database.prepare<[], { stream: string; sequence: number; created: string }>(
      'SELECT stream, sequence, stream_created AS created FROM checkpoints',
    )
    this.#sources = database.prepare<[], { source: string; posts: number }>(
      'SELECT source, posts FROM sources ORDER BY source',
    )
  }

  one(model: string, key: number): PostRow | undefined {
    return this.#one.get(model, key)
  }

  /** Where in SCORES the score is that a model gave a post; undefined where there is none, or none any more. */
  scoreSequence(model: string, key: number): number | undefined {
    return this.#scoreSequence.get(key, model)
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

  /** Scores in the order of SCORES, also those whose posts are not here. */
  scoredBetween({ subreddit, ...stretch }: ScoredStretch): ScoredPostRow[] {
    return subreddit === undefined ? this.#scored.all(stretch) : this.#scoredIn.all({ ...stretch, subreddit })
  }

  /** Undefined before the projector's first commit. */
  position(): PostsPosition | undefined {
    const streams = this.#position.all()
    const scores = streams.find(({ stream }) => stream === 'SCORES')
    const posts = streams.find(({ stream }) => stream === 'POSTS')
    return scores && { scores: scores.sequence, posts: posts?.sequence ?? 0, log: toLogId(scores.created) }
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

/** A short name of a stream's life, by when it was made. */
const toLogId = (created: string): string => {
  const ms = Date.parse(created)
  return Number.isNaN(ms) ? created : ms.toString(36)
}

export const postsQueries = {
  readModel: 'posts',
  prepare: (database: Database) => new PostsQueries(database),
} as const
