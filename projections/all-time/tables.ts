import { erasedTable } from '../erased-posts.ts'
import { namesTable } from '../tally.ts'

/**
 * all-time: seriousness by subreddit and model, in fixed integers (schema/seriousness.ts). `counted` is the ledger: which
 * score of which post is in the sums. `mean` repeats sum / posts for the index that orders by it. `names` counts how
 * often each spelling of a subreddit's name was seen: the most frequent is shown, whatever the order of events.
 */
export const tables = `
CREATE TABLE all_time (
  subreddit TEXT NOT NULL COLLATE NOCASE,
  model TEXT NOT NULL,
  posts INTEGER NOT NULL,
  sum INTEGER NOT NULL,
  sum_of_squares INTEGER NOT NULL,
  mean REAL NOT NULL GENERATED ALWAYS AS (CAST(sum AS REAL) / posts / 10000.0) STORED,
  PRIMARY KEY (subreddit, model)
) STRICT, WITHOUT ROWID;
CREATE INDEX all_time_by_posts ON all_time (model, posts DESC, subreddit);
CREATE INDEX all_time_by_mean ON all_time (model, mean, subreddit);
CREATE INDEX all_time_by_mean_down ON all_time (model, mean DESC, subreddit);

CREATE TABLE counted (
  key INTEGER NOT NULL,
  model TEXT NOT NULL,
  subreddit TEXT NOT NULL,
  seriousness INTEGER NOT NULL,
  PRIMARY KEY (key, model)
) STRICT, WITHOUT ROWID;

${erasedTable}

${namesTable}

CREATE VIEW all_time_view AS
  SELECT
    (SELECT name FROM names WHERE names.subreddit = all_time.subreddit ORDER BY names.posts DESC, name LIMIT 1) COLLATE NOCASE AS subreddit,
    model,
    posts,
    mean AS seriousness
  FROM all_time;
`
