import type { Database, Statement } from 'better-sqlite3'
import { afterAll, describe, expect, test } from 'vitest'
import type { ReadModelName } from '../schema/read-models.ts'
import { allTimeQueries } from './all-time/queries.ts'
import { hourlyQueries } from './hourly/queries.ts'
import { postsQueries } from './posts/queries.ts'
import { projections } from './testing/all-projections.ts'
import { TestReadModel } from './testing/replay.ts'

const MODEL = 'serious-1'
const SUBREDDIT_ORDERS = ['MOST_POSTS', 'MOST_SERIOUS', 'LEAST_SERIOUS', 'NAME'] as const
const POST_ORDERS = ['NEWEST', 'MOST_SERIOUS', 'LEAST_SERIOUS'] as const
const SCORE = 'SEARCH s USING INDEX scores_by_key (key=? AND model=?)'
const POST = 'SEARCH p USING INTEGER PRIMARY KEY (rowid=?)'
const MATCHES = ['CO-ROUTINE m', 'SCAN titles VIRTUAL TABLE INDEX 192:M1', 'SCAN m', POST]
/** It sorts the spellings of one name, which are few. */
const NAME = [
  'CORRELATED SCALAR SUBQUERY 1',
  'SEARCH names USING PRIMARY KEY (subreddit=?)',
  'USE TEMP B-TREE FOR ORDER BY',
]
const PAGES_OF_WORD = [
  'CO-ROUTINE segments',
  'SETUP',
  'SEARCH titles_idx USING PRIMARY KEY',
  'RECURSIVE STEP',
  'SCAN segments',
  'CORRELATED SCALAR SUBQUERY 2',
  'SEARCH i USING PRIMARY KEY (segid>?)',
  'SCAN s',
  'CORRELATED SCALAR SUBQUERY 4',
  'SEARCH i USING PRIMARY KEY (segid=? AND term>?)',
  'CORRELATED SCALAR SUBQUERY 5',
  'SEARCH titles_data USING INTEGER PRIMARY KEY (rowid<?)',
  'CORRELATED SCALAR SUBQUERY 6',
  'SEARCH i USING PRIMARY KEY (segid=? AND term<?)',
]

type Plan = readonly string[]

/** What runs a statement, and the plans that its statements must have, in the order in which they run. */
interface Case<Queries> {
  readonly method: keyof Queries
  readonly what: string
  readonly run: (queries: Queries) => unknown
  readonly plans: readonly Plan[]
}

type Optional<T> = readonly [undefined, T]

const postPages = POST_ORDERS.flatMap((order) =>
  ([undefined, 'aa'] as Optional<string>).flatMap((subreddit) =>
    ([undefined, 'word'] as Optional<string>).flatMap((search) =>
      ([undefined, { value: 5, key: 5 }] as Optional<{ value: number; key: number }>).map((after) => ({
        method: 'page' as const,
        what: `${order} ${subreddit} ${search} ${JSON.stringify(after)}`,
        run: (queries: ReturnType<typeof postsQueries.prepare>) =>
          queries.page({ model: MODEL, order, subreddit, search, after, limit: 9 }),
        plans:
          search === undefined
            ? [postPlan(order, subreddit, after !== undefined)]
            : [
                PAGES_OF_WORD,
                [...MATCHES, order === 'NEWEST' ? `${SCORE} LEFT-JOIN` : SCORE, 'USE TEMP B-TREE FOR ORDER BY'],
              ],
      })),
    ),
  ),
)

function postPlan(order: (typeof POST_ORDERS)[number], subreddit: string | undefined, hasAfter: boolean): Plan {
  const first = subreddit === undefined ? '' : 'subreddit=?'
  if (order === 'NEWEST') {
    const bounds = [first, hasAfter ? 'created_utc<?' : ''].filter(Boolean).join(' AND ')
    const index = subreddit === undefined ? 'posts_by_time' : 'posts_by_subreddit_and_time'
    return [
      bounds === '' ? `SCAN p USING INDEX ${index}` : `SEARCH p USING INDEX ${index} (${bounds})`,
      `${SCORE} LEFT-JOIN`,
    ]
  }
  const compare = order === 'MOST_SERIOUS' ? '<' : '>'
  const bounds = [first, 'model=?', hasAfter ? `(seriousness,key)${compare}(?,?)` : ''].filter(Boolean).join(' AND ')
  const index = subreddit === undefined ? 'scores_by_seriousness' : 'scores_by_subreddit'
  return [`SEARCH s USING COVERING INDEX ${index} (${bounds})`, POST]
}

const SCORED_STRETCH: Plan = [
  'SEARCH s USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)',
  'CORRELATED SCALAR SUBQUERY 1',
  'SEARCH e USING COVERING INDEX scores_by_key (key=?)',
  `${POST} LEFT-JOIN`,
]
const stretch = { model: MODEL, shownBefore: null, after: 0, until: 9, limit: 9 }

const postsCases: readonly Case<ReturnType<typeof postsQueries.prepare>>[] = [
  ...postPages,
  { method: 'one', what: '', run: (queries) => queries.one(MODEL, 1), plans: [[POST, `${SCORE} LEFT-JOIN`]] },
  {
    method: 'scoredCopy',
    what: '',
    run: (queries) => queries.scoredCopy(MODEL, 1),
    plans: [['SEARCH scores USING INDEX scores_by_key (key=? AND model=?)']],
  },
  { method: 'scoredBetween', what: 'all', run: (queries) => queries.scoredBetween(stretch), plans: [SCORED_STRETCH] },
  {
    method: 'scoredBetween',
    what: 'of a subreddit',
    run: (queries) => queries.scoredBetween({ ...stretch, subreddit: 'aa' }),
    plans: [SCORED_STRETCH],
  },
  // One row for each stream, and one in all.
  { method: 'position', what: '', run: (queries) => queries.position(), plans: [['SCAN checkpoints']] },
  { method: 'count', what: '', run: (queries) => queries.count(), plans: [['SCAN post_count']] },
  {
    method: 'sources',
    what: '',
    run: (queries) => queries.sources(),
    plans: [['SCAN sources USING COVERING INDEX sources_by_posts']],
  },
]

const ORDER_INDEXES = {
  MOST_POSTS: ['INDEX all_time_by_posts', 'model=? AND posts<?', 'model=? AND posts=? AND subreddit>?'],
  MOST_SERIOUS: ['INDEX all_time_by_mean_down', 'model=? AND mean<?', 'model=? AND mean=? AND subreddit>?'],
  LEAST_SERIOUS: ['INDEX all_time_by_mean', 'model=? AND mean>?', 'model=? AND mean=? AND subreddit>?'],
  NAME: ['PRIMARY KEY', 'model=? AND subreddit>?', undefined],
} as const

const subredditPages = SUBREDDIT_ORDERS.flatMap((order) =>
  ([undefined, 'word'] as Optional<string>).flatMap((search) =>
    ([undefined, { value: 5, subreddit: 'aa' }] as Optional<{ value: number; subreddit: string }>).map((after) => {
      const [index, others, ties] = ORDER_INDEXES[order]
      const bounds = after === undefined ? ['model=?'] : ties === undefined ? [others] : [ties, others]
      return {
        method: 'page' as const,
        what: `${order} ${search} ${JSON.stringify(after)}`,
        run: (queries: ReturnType<typeof allTimeQueries.prepare>) =>
          queries.page({ model: MODEL, order, search, after, limit: 9 }),
        plans: bounds.map((bound) => [`SEARCH a USING ${index} (${bound})`].concat(NAME)),
      }
    }),
  ),
)

const OF_MODEL = 'SEARCH all_time USING PRIMARY KEY (model=?)'
const allTimeCases: readonly Case<ReturnType<typeof allTimeQueries.prepare>>[] = [
  ...subredditPages,
  {
    method: 'one',
    what: '',
    run: (queries) => queries.one(MODEL, 'aa'),
    plans: [['SEARCH a USING PRIMARY KEY (model=? AND subreddit=?)', ...NAME]],
  },
  {
    method: 'many',
    what: '',
    run: (queries) => queries.many(MODEL, ['aa']),
    plans: [['SCAN j VIRTUAL TABLE INDEX 1:', 'SEARCH a USING PRIMARY KEY (model=? AND subreddit=?)', ...NAME]],
  },
  // These look at all subreddits of a scoring model, of which there are far fewer than posts.
  {
    method: 'count',
    what: 'all',
    run: (queries) => queries.count(MODEL, undefined),
    plans: [['SEARCH all_time USING COVERING INDEX all_time_by_posts (model=?)']],
  },
  {
    method: 'count',
    what: 'search',
    run: (queries) => queries.count(MODEL, 'word'),
    plans: [['SEARCH a USING COVERING INDEX all_time_by_posts (model=?)']],
  },
  { method: 'total', what: '', run: (queries) => queries.total(MODEL), plans: [[OF_MODEL]] },
  { method: 'sums', what: '', run: (queries) => queries.sums(MODEL), plans: [[OF_MODEL]] },
  {
    method: 'mostUsedModel',
    what: '',
    run: (queries) => queries.mostUsedModel(),
    plans: [['SCAN all_time USING COVERING INDEX all_time_by_posts', 'USE TEMP B-TREE FOR ORDER BY']],
  },
]

const COVERAGE = 'SEARCH coverage USING PRIMARY KEY (subreddit=? AND hour>? AND hour<?)'
const range = { from: 0, to: 9, most: 9 }
const hourlyCases: readonly Case<ReturnType<typeof hourlyQueries.prepare>>[] = [
  {
    method: 'ranges',
    what: '',
    run: (queries) => queries.ranges(MODEL, ['aa'], range),
    plans: [['SEARCH hourly USING PRIMARY KEY (subreddit=? AND model=? AND hour>? AND hour<?)']],
  },
  {
    method: 'coverage',
    what: '',
    run: (queries) => queries.coverage(['aa'], range),
    plans: [[COVERAGE], [COVERAGE]],
  },
]

/** A database that remembers which statements were prepared and which were run. */
function record(database: Database): { database: Database; prepared: string[]; run: string[] } {
  const prepared: string[] = []
  const run: string[] = []
  const watch = (statement: Statement): Statement => {
    for (const name of ['all', 'get', 'iterate', 'run'] as const) {
      const method = statement[name].bind(statement) as (...args: unknown[]) => unknown
      Object.assign(statement, { [name]: (...args: unknown[]) => (run.push(statement.source), method(...args)) })
    }
    return statement
  }
  const prepare = (sql: string): Statement => (prepared.push(sql), watch(database.prepare(sql)))
  const recording = new Proxy(database, {
    get: (target, name) => {
      if (name === 'prepare') return prepare
      const value = Reflect.get(target, name) as unknown
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  return { database: recording, prepared, run }
}

function explain(database: Database, sql: string): Plan {
  const names = [...sql.matchAll(/\$(\w+)/g)].map(([, name]) => [name, 1])
  const bound = names.length > 0 ? [Object.fromEntries(names)] : [...sql.matchAll(/\?/g)].map(() => 1)
  return database
    .prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`)
    .all(...bound)
    .map(({ detail }) => detail)
}

/**
 * Makes the planner believe that there are millions of rows. Projectors never run ANALYZE, but an operator may; the plans must
 * be the same.
 * @param perValue how many rows have the same value in the first column of an index, and in each further one
 */
function addStatistics(database: Database, perValue: readonly number[]): void {
  database.exec('ANALYZE; DELETE FROM sqlite_stat1')
  const insert = database.prepare('INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (?, ?, ?)')
  const tables = database.prepare<[], { name: string; wr: 0 | 1 }>(
    "SELECT name, wr FROM pragma_table_list WHERE schema = 'main' AND type IN ('table', 'shadow')",
  )
  const indexes = database.prepare<[string], { tbl_name: string; name: string }>(
    "SELECT tbl_name, name FROM sqlite_schema WHERE type = 'index' AND tbl_name = ?",
  )
  for (const { name: table, wr: isWithoutRowid } of tables.all()) {
    insert.run(table, null, '10000000')
    const names = [...indexes.all(table).map(({ name }) => name), ...(isWithoutRowid === 1 ? [table] : [])]
    for (const name of names) {
      const columns = database.pragma(`index_info('${name}')`) as unknown[]
      const counts = columns.map((_, index) => perValue[Math.min(index, perValue.length - 1)])
      if (counts.length > 0) insert.run(table, name, ['10000000', ...counts].join(' '))
    }
  }
  database.exec('ANALYZE sqlite_schema')
}

const STATISTICS: Readonly<Record<string, readonly number[] | undefined>> = {
  'no statistics, as in production': undefined,
  'one scoring model and few subreddits': [5_000_000, 5_000_000, 50_000, 1],
  'many values': [100, 10, 1],
}

const suites = [
  { set: postsQueries, cases: postsCases },
  { set: allTimeQueries, cases: allTimeCases },
  { set: hourlyQueries, cases: hourlyCases },
] as unknown as readonly {
  readonly set: { readonly readModel: ReadModelName; readonly prepare: (database: Database) => object }
  readonly cases: readonly Case<Record<string, unknown>>[]
}[]

test('the queries of every read model are tested', () => {
  expect(suites.map(({ set }) => set.readModel).toSorted()).toEqual(Object.keys(projections).toSorted())
})

describe.each(suites)('$set.readModel', ({ set, cases }) => {
  const model = new TestReadModel(projections[set.readModel])
  afterAll(() => model[Symbol.dispose]())

  test.each(Object.entries(STATISTICS))('each statement uses its index: %s', (_, statistics) => {
    if (statistics !== undefined) addStatistics(model.database, statistics)
    const { database, prepared, run } = record(model.database)
    const queries = set.prepare(database) as Record<string, unknown>
    const known = new Set<string>()
    for (const { method, what, run: runCase, plans } of cases) {
      run.length = 0
      runCase(queries)
      expect(
        run.map((sql) => explain(model.database, sql)),
        `${method} ${what}`,
      ).toEqual(plans)
      for (const sql of run) known.add(sql)
    }
    expect(
      prepared.filter((sql) => !known.has(sql)),
      'statements without an expected plan',
    ).toEqual([])
    expect(new Set(cases.map(({ method }) => method)), 'methods without an expected plan').toEqual(methodsOf(queries))
  })
})

/** The public methods of an object, also those that it inherits. */
function methodsOf(object: object): Set<string> {
  const names = new Set<string>()
  for (let at = Object.getPrototypeOf(object); at !== Object.prototype; at = Object.getPrototypeOf(at))
    for (const name of Object.getOwnPropertyNames(at)) names.add(name)
  for (const name of ['constructor', 'prepare']) names.delete(name)
  return names
}
