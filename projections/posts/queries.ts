import type { Database, Statement } from 'better-sqlite3'
import { defineReadBudget } from '../../schema/read-budget.ts'
import { TitleSearch } from './title-search.ts'

export interface PostRow {
  readonly key: number
  readonly id: string
  readonly subreddit: string
  readonly title: string
  readonly createdUtc: number
  readonly permalink: string | null
  /** From 0 to 10000; null until the post is scored. */
  readonly seriousness: number | null
  readonly model: string | null
}

/** A score with its post, if the read model has the post. */
export type ScoredPostRow = {
  /** The sequence in SCORES: the order of scoring, and the cursor. */
  readonly sequence: number
} & (PostRow | { readonly id: null })

/** A range of SCORES, from behind `after` up to and including `until`. */
export interface ScoredStretch {
  readonly model: string
  /**
   * A JSON object with a sequence for each scoring model: a post with a score of the scoring model below that sequence is
   * left out. Null leaves out no post.
   */
  readonly shownBefore: string | null
  readonly after: number
  readonly until: number
  readonly limit: number
  readonly subreddit?: string | undefined
}

/** The sequence up to which each stream was applied, and which SCORES stream it was. */
export interface PostsPosition {
  readonly scores: number
  readonly posts: number
  readonly log: string
}

export type PostOrder = 'NEWEST' | 'MOST_SERIOUS' | 'LEAST_SERIOUS'

/** Where a page ended: the last row's value (created_utc or seriousness) and its key. */
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

interface Order {
  /** The table whose rows are read in this order. */
  readonly from: string
  /**
   * The index that has all posts, or all scores of a scoring model, in this order; and the one that has those of a subreddit.
   * They are named because the planner, which knows nothing of the rows, would take the wrong one.
   */
  readonly index: string
  readonly subredditIndex: string
  readonly subreddit: string
  readonly join: string
  /** How matches of a search are joined with their scores. */
  readonly joinScore: string
  readonly where: string
  readonly value: string
  readonly key: string
  readonly direction: string
  readonly compare: string
}

const SCORE = 'JOIN scores s INDEXED BY scores_by_key ON s.key = p.key AND s.model = $model'
const BY_TIME: Order = {
  from: 'posts p',
  index: 'posts_by_time',
  subredditIndex: 'posts_by_subreddit_and_time',
  subreddit: 'p.subreddit',
  join: `LEFT ${SCORE}`,
  joinScore: `LEFT ${SCORE}`,
  where: '1',
  value: 'p.created_utc',
  key: 'p.key',
  direction: 'DESC',
  compare: '<',
}
const BY_SERIOUSNESS: Order = {
  from: 'scores s',
  index: 'scores_by_seriousness',
  subredditIndex: 'scores_by_subreddit',
  subreddit: 's.subreddit',
  join: 'CROSS JOIN posts p ON p.key = s.key',
  joinScore: `CROSS ${SCORE}`,
  where: 's.model = $model',
  value: 's.seriousness',
  key: 's.key',
  direction: 'DESC',
  compare: '<',
}
const ORDERS: Readonly<Record<PostOrder, Order>> = {
  NEWEST: BY_TIME,
  MOST_SERIOUS: BY_SERIOUSNESS,
  LEAST_SERIOUS: { ...BY_SERIOUSNESS, direction: 'ASC', compare: '>' },
}

/** The newest matches of a search with their posts, which are then sorted. `titles.rowid` is the key of the post. */
const MATCHES = `
  (SELECT rowid AS key FROM titles WHERE titles MATCH $match AND within_budget() ORDER BY rowid DESC LIMIT $matches) m
  CROSS JOIN posts p ON p.key = m.key`
/** The same for a search with further words, which are looked for in the titles. */
const CHECKED_MATCHES = `
  (SELECT t.rowid AS key FROM titles t CROSS JOIN posts q ON q.key = t.rowid
   WHERE t.titles MATCH $match AND within_budget() AND has_words(q.title, $others) ORDER BY t.rowid DESC LIMIT $matches) m
  CROSS JOIN posts p ON p.key = m.key`

/**
 * A search looks at only this many of the newest matches, because a word that is in half of all titles must not keep
 * the process busy. Within one subreddit it looks at more, because few of the matches may be in that subreddit.
 */
const MAX_MATCHES = 10_000
const MAX_MATCHES_AROUND = 20_000
/** Any program that publishes posts may name a source of its own in each of them. */
const MAX_SOURCES = 100

/** Prepared queries of the posts read model. */
export class PostsQueries {
  readonly #database: Database
  readonly #pages = new Map<string, Statement<[Record<string, unknown>], PostRow>>()
  readonly #one
  readonly #scoredCopy
  readonly #scored
  readonly #scoredIn
  readonly #position
  readonly #sources
  readonly #count
  readonly #titleSearch

  constructor(database: Database) {
    defineReadBudget(database)
    this.#database = database
    this.#titleSearch = new TitleSearch(database)
    this.#one = database.prepare<[string, number], PostRow>(
      `SELECT ${COLUMNS} FROM posts p LEFT JOIN scores s INDEXED BY scores_by_key ON s.key = p.key AND s.model = ?
       WHERE p.key = ?`,
    )
    this.#scoredCopy = database
      .prepare<[number, string], number | null>(
        'SELECT post_sequence FROM scores INDEXED BY scores_by_key WHERE key = ? AND model = ?',
      )
      .pluck()
    const scored = (more: string): string =>
      // `NOT INDEXED` leaves the primary key, which is the sequence.
      `SELECT ${COLUMNS}, s.sequence FROM scores s NOT INDEXED LEFT JOIN posts p ON p.key = s.key
       WHERE s.sequence > $after AND s.sequence <= $until AND s.model = $model ${more}
       AND ($shownBefore IS NULL OR NOT EXISTS (
         SELECT 1 FROM scores e INDEXED BY scores_by_key WHERE e.key = s.key AND e.sequence < $shownBefore ->> e.model))
       ORDER BY s.sequence LIMIT $limit`
    this.#scored = database.prepare<[object], ScoredPostRow>(scored(''))
    this.#scoredIn = database.prepare<[object], ScoredPostRow>(scored('AND s.subreddit = $subreddit'))
    this.#position = database.prepare<[], { stream: string; sequence: number; created: string }>(
      'SELECT stream, sequence, stream_created AS created FROM checkpoints',
    )
    this.#count = database.prepare<[], number>('SELECT posts FROM post_count').pluck()
    this.#sources = database.prepare<[], { source: string; posts: number }>(
      `SELECT source, posts FROM sources INDEXED BY sources_by_posts
       ORDER BY posts DESC, source DESC LIMIT ${MAX_SOURCES}`,
    )
  }

  one(model: string, key: number): PostRow | undefined {
    return this.#one.get(model, key)
  }

  /** The sequence in POSTS of the copy of a post that a scoring model scored; undefined when it is not known. */
  scoredCopy(model: string, key: number): number | undefined {
    return this.#scoredCopy.get(key, model) ?? undefined
  }

  /** Newest first, or by seriousness (then only scored posts). */
  page(page: PostPage): PostRow[] {
    const { model, order, subreddit, search, after, limit } = page
    const titles = search === undefined ? undefined : this.#titleSearch.toQuery(search)
    if (titles?.match === '') return []
    const matches = titles && (titles.others === '' ? MATCHES : CHECKED_MATCHES)
    const key = `${order} ${subreddit !== undefined} ${after !== undefined} ${matches}`
    let statement = this.#pages.get(key)
    if (statement === undefined) this.#pages.set(key, (statement = this.#prepare(page, matches)))
    return statement.all({
      model,
      limit,
      ...(subreddit === undefined ? {} : { subreddit }),
      ...titles,
      ...(titles === undefined ? {} : { matches: subreddit === undefined ? MAX_MATCHES : MAX_MATCHES_AROUND }),
      ...after,
    })
  }

  /** Scores in the order of SCORES, also those whose posts the read model does not have. */
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

  /** How many posts there are. */
  count(): number {
    return this.#count.get()!
  }

  /** How many posts came from each source, for the sources with the most posts. */
  sources(): { source: string; posts: number }[] {
    return this.#sources.all()
  }

  #prepare(
    { order, subreddit, after }: PostPage,
    matches: string | undefined,
  ): Statement<[Record<string, unknown>], PostRow> {
    const sort = ORDERS[order]
    const { value, key, direction, compare } = sort
    const index = subreddit === undefined ? sort.index : sort.subredditIndex
    const from =
      matches === undefined ? `${sort.from} INDEXED BY ${index} ${sort.join}` : `${matches} ${sort.joinScore}`
    const conditions = [sort.where]
    if (subreddit !== undefined) conditions.push(`${sort.subreddit} = $subreddit`)
    if (after !== undefined) conditions.push(`(${value}, ${key}) ${compare} ($value, $key)`)
    return this.#database.prepare(
      `SELECT ${COLUMNS} FROM ${from} WHERE ${conditions.join(' AND ')}
       ORDER BY ${value} ${direction}, ${key} ${direction} LIMIT $limit`,
    )
  }
}

/** A short id of a stream, made from the time of its creation. */
const toLogId = (created: string): string => {
  const ms = Date.parse(created)
  return Number.isNaN(ms) ? created : ms.toString(36)
}

export const postsQueries = {
  readModel: 'posts',
  prepare: (database: Database) => new PostsQueries(database),
} as const
