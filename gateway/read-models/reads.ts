import type { SubredditRow } from '../../projections/all-time/queries.ts'
import type { CoverageRow } from '../../projections/hourly/queries.ts'
import type { PostRow } from '../../projections/posts/queries.ts'
import type { TallyRow } from '../../projections/tally/queries.ts'
import { countSubreddits, readPosts, readSubreddits, type PostList, type PostPage } from './lists.ts'
import type { ReadModels } from './read-models.ts'
import { defineSeries, MAX_ROWS, type SeriesArgs } from './series.ts'
import { hoursUntilNow } from './time-range.ts'

/**
 * The reads that requests ask for, by name. A worker thread runs them, so their arguments and results must survive JSON, and
 * a read that finds nothing returns null.
 */
export const READS = {
  subreddits: readSubreddits,
  subredditCount: countSubreddits,
  subreddit: (models: ReadModels, { model, name }: { model: string; name: string }): SubredditRow | null =>
    models.allTime.queries?.one(model, name) ?? null,
  subredditPage: readSubredditPage,
  posts: readPosts,
  post: (models: ReadModels, { model, key }: { model: string; key: number }): PostRow | null =>
    models.posts.queries?.one(model, key) ?? null,
  /** Hours with posts, oldest first. */
  hourly: defineSeries({
    what: 'hourly: hours with posts',
    queriesOf: (models) => models.hourly.queries,
    read: (queries, { model, names, range }) => queries.ranges(model, names, range),
  }),
  /** Hours that a source reported on, oldest first. */
  coverage: defineSeries({
    what: 'coverage: hours with reports',
    queriesOf: (models) => models.hourly.queries,
    read: (queries, { names, range }) => queries.coverage(names, range),
  }),
}

export type Reads = typeof READS
export type ReadName = keyof Reads
/** The reads that {@link defineSeries} made. */
export type SeriesName = { [Name in ReadName]: ReadArgs<Name> extends SeriesArgs ? Name : never }[ReadName]
export type ReadArgs<Name extends ReadName> = Parameters<Reads[Name]>[1]
export type ReadResult<Name extends ReadName> = ReturnType<Reads[Name]>

/** Runs the reads of one request, one after the other. */
export interface Reader {
  /** @throws a GraphQLError that says why there is no answer */
  read<Name extends ReadName>(name: Name, args: ReadArgs<Name>): Promise<ReadResult<Name>>
}

export interface ReaderOptions {
  /** Aborted when the client has left; reads that wait are then not run. */
  readonly signal?: AbortSignal | undefined
  /** Limits each read by itself and not all of them together, for a reader that is not of one request. */
  readonly isEndless?: boolean
}

/** Where requests get their readers from. */
export interface ReadSource {
  begin(options?: ReaderOptions): Reader
}

interface SubredditPage {
  readonly row: SubredditRow
  readonly hours: readonly TallyRow[]
  readonly coverage: readonly CoverageRow[]
  readonly posts: PostPage
}

type SubredditPageArgs = Pick<PostList, 'after' | 'limit'> & { readonly model: string; readonly name: string }

/** A subreddit with its last seven days and a page of its newest posts. */
function readSubredditPage(models: ReadModels, { model, name, ...page }: SubredditPageArgs): SubredditPage | null {
  const row = models.allTime.queries?.one(model, name)
  if (row === undefined) return null
  const { subreddit } = row
  const range = { ...hoursUntilNow(Math.floor(Date.now() / 1_000)), most: MAX_ROWS }
  return {
    row,
    hours: models.hourly.queries?.ranges(model, [subreddit], range)?.get(subreddit) ?? [],
    coverage: models.hourly.queries?.coverage([subreddit], range)?.get(subreddit) ?? [],
    posts: readPosts(models, { ...page, model, order: 'NEWEST', subreddit }),
  }
}
