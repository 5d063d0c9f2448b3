import { erasedTable } from '../erased-posts.ts'
import { namesTable } from '../tally.ts'
import { coverageTables } from './coverage.ts'

/**
 * hourly: seriousness by subreddit, hour of the post's creation, and model, in fixed integers (schema/seriousness.ts).
 * `counted` is the ledger: which score of which post is in the sums, so that a duplicate changes nothing and an erasure
 * takes out exactly what was put in. `hour` is seconds since the epoch at the hour's start.
 */
export const tables = `
CREATE TABLE hourly (
  subreddit TEXT NOT NULL COLLATE NOCASE,
  model TEXT NOT NULL,
  hour INTEGER NOT NULL,
  posts INTEGER NOT NULL,
  sum INTEGER NOT NULL,
  sum_of_squares INTEGER NOT NULL,
  PRIMARY KEY (subreddit, model, hour)
) STRICT, WITHOUT ROWID;

CREATE TABLE counted (
  key INTEGER NOT NULL,
  model TEXT NOT NULL,
  subreddit TEXT NOT NULL,
  hour INTEGER NOT NULL,
  seriousness INTEGER NOT NULL,
  PRIMARY KEY (key, model)
) STRICT, WITHOUT ROWID;

${erasedTable}

${namesTable}

CREATE VIEW hourly_view AS
  SELECT
    (SELECT name FROM names WHERE names.subreddit = hourly.subreddit ORDER BY names.posts DESC, name LIMIT 1) COLLATE NOCASE AS subreddit,
    strftime('%Y-%m-%dT%H:%M:%SZ', hour, 'unixepoch') AS hour,
    model,
    posts,
    CAST(sum AS REAL) / posts / 10000.0 AS seriousness
  FROM hourly;
${coverageTables}`
