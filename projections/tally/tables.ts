import { erasedTable } from '../erased-posts.ts'

/** What differs between the tables of two tallies. */
export interface TallyShape {
  /** The table of sums. */
  readonly table: string
  /**
   * The column of a bucket's start, in seconds since the epoch; undefined when the tally has one bucket of all time.
   */
  readonly column: string | undefined
  readonly isRanked: boolean
}

export const toShape = (name: string, options: Omit<TallyShape, 'table'>): TallyShape => ({
  table: name.replaceAll('-', '_'),
  ...options,
})

/** The columns that identify a group of scores. */
export const groupColumns = ({ column }: TallyShape): string[] => [
  'subreddit',
  'model',
  ...(column === undefined ? [] : [column]),
]

/** Counts how often each spelling of a subreddit's name was seen: the most frequent is shown, whatever the order of events. */
const namesTable = `CREATE TABLE names (
  subreddit TEXT NOT NULL COLLATE NOCASE,
  name TEXT NOT NULL,
  posts INTEGER NOT NULL,
  PRIMARY KEY (subreddit, name)
) STRICT, WITHOUT ROWID;`

/**
 * DDL of a tally. Sums are fixed integers (schema/seriousness.ts). `counted` is the ledger of the scores that are in the
 * sums, so that a duplicate changes nothing and an erasure subtracts exactly what was added. Its `post_sequence` names the copy
 * of the post that was scored, because the first copy counts. `<table>_view` is for people. The key of a tally of all time
 * begins with the scoring model, so that it has the names of each scoring model's subreddits in order.
 */
export function tallyTables(shape: TallyShape): string {
  const { table, column, isRanked } = shape
  const bucket = column === undefined ? '' : `${column} INTEGER NOT NULL,`
  const isoBucket = column === undefined ? '' : `strftime('%Y-%m-%dT%H:%M:%SZ', ${column}, 'unixepoch') AS ${column},`
  const mean = 'CAST(sum AS REAL) / posts / 10000.0'
  return `
CREATE TABLE ${table} (
  subreddit TEXT NOT NULL COLLATE NOCASE,
  model TEXT NOT NULL,
  ${bucket}
  posts INTEGER NOT NULL,
  sum INTEGER NOT NULL,
  sum_of_squares INTEGER NOT NULL,
  ${isRanked ? `mean REAL NOT NULL GENERATED ALWAYS AS (${mean}) STORED,` : ''}
  PRIMARY KEY (${column === undefined ? 'model, subreddit' : groupColumns(shape).join(', ')})
) STRICT, WITHOUT ROWID;
${isRanked ? rankingIndexes(table) : ''}

CREATE TABLE counted (
  key INTEGER NOT NULL,
  model TEXT NOT NULL,
  subreddit TEXT NOT NULL,
  ${bucket}
  seriousness INTEGER NOT NULL,
  post_sequence INTEGER,
  PRIMARY KEY (key, model)
) STRICT, WITHOUT ROWID;

${erasedTable}

${namesTable}

CREATE VIEW ${table}_view AS
  SELECT
    (SELECT name FROM names WHERE names.subreddit = ${table}.subreddit ORDER BY names.posts DESC, name LIMIT 1) COLLATE NOCASE AS subreddit,
    ${isoBucket}
    model,
    posts,
    ${mean} AS seriousness
  FROM ${table};
`
}

const rankingIndexes = (table: string): string => `
CREATE INDEX ${table}_by_posts ON ${table} (model, posts DESC, subreddit);
CREATE INDEX ${table}_by_mean ON ${table} (model, mean, subreddit);
CREATE INDEX ${table}_by_mean_down ON ${table} (model, mean DESC, subreddit);`
