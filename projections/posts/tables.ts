import { erasedTable } from '../erased-posts.ts'

/**
 * The posts, and the score that each scoring model gave them. `key` is the integer of the post id (schema/post-id.ts). Of
 * the copies of a post, the first in POSTS counts; `scores.post_sequence` is the sequence of the copy that was scored.
 * `scores.sequence` is the SCORES sequence of the first score of the post by the scoring model: the order of `postScored`,
 * and its cursor. It stays when the score of an earlier copy replaces that of a later one, so that no subscriber is sent
 * the post twice.
 *
 * An index costs as much as the pages that a batch touches. With the sequence as primary key, a new row is always
 * appended. Each list of posts has an index with its rows in its order, because a request must not read all posts of a
 * subreddit. The projector pays about a tenth of its time for `scores_by_subreddit`, into which new rows are not appended.
 */
export const tables = `
CREATE TABLE posts (
  key INTEGER PRIMARY KEY,
  id TEXT NOT NULL,
  subreddit TEXT NOT NULL COLLATE NOCASE,
  title TEXT NOT NULL,
  created_utc INTEGER NOT NULL,
  permalink TEXT,
  source TEXT NOT NULL
) STRICT;
CREATE INDEX posts_by_time ON posts (created_utc, key);
CREATE INDEX posts_by_subreddit_and_time ON posts (subreddit, created_utc, key);

CREATE TABLE scores (
  sequence INTEGER PRIMARY KEY,
  key INTEGER NOT NULL,
  model TEXT NOT NULL,
  subreddit TEXT NOT NULL COLLATE NOCASE,
  seriousness INTEGER NOT NULL,
  post_sequence INTEGER
) STRICT;
CREATE UNIQUE INDEX scores_by_key ON scores (key, model);
CREATE INDEX scores_by_seriousness ON scores (model, seriousness, key);
CREATE INDEX scores_by_subreddit ON scores (subreddit, model, seriousness, key);

${erasedTable}
CREATE TABLE sources (source TEXT PRIMARY KEY, posts INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX sources_by_posts ON sources (posts, source);
CREATE TABLE post_count (posts INTEGER NOT NULL) STRICT;
INSERT INTO post_count VALUES (0);

CREATE VIRTUAL TABLE titles USING fts5 (title, content = 'posts', content_rowid = 'key', tokenize = 'unicode61 remove_diacritics 2', columnsize = 0);
INSERT INTO titles (titles, rank) VALUES ('secure-delete', 1);

CREATE VIEW posts_view AS
  SELECT posts.id, posts.subreddit, posts.title, posts.created_utc, scores.model, scores.seriousness / 10000.0 AS seriousness
  FROM posts LEFT JOIN scores USING (key);
`
