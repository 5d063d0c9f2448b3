import type { SubredditOrder, SubredditRow } from '../../projections/all-time/queries.ts'
import type { PostOrder, PostRow } from '../../projections/posts/queries.ts'
import { decodeCursor, encodeCursor } from '../protocol/cursor.ts'
import type { ReadModels } from './read-models.ts'

const MAX_SEARCH_LENGTH = 200

export interface SubredditList {
  /** Undefined while no scoring model is shown. */
  readonly model: string | undefined
  readonly order: SubredditOrder
  readonly search?: string | null | undefined
  readonly after?: string | null | undefined
  readonly limit: number
}

export interface SubredditRows {
  readonly rows: readonly SubredditRow[]
  /** The cursor of the next page; null on the last page. */
  readonly next: string | null
  readonly endCursor: string | null
}

/** Reads a page of subreddits. It reads one row more than requested, to know whether there is another page. */
export function readSubreddits(models: ReadModels, list: SubredditList): SubredditRows {
  const { model, order, after, limit } = list
  const search = cleanSearch(list.search)
  const queries = models.allTime.queries
  const place = after === null || after === undefined ? undefined : toSubredditPlace(after, order)
  if (model === undefined || queries === undefined) return { rows: [], next: null, endCursor: null }
  const found = queries.page({ model, order, search, after: place, limit: limit + 1 })
  const rows = found.slice(0, limit)
  const last = rows.at(-1)
  const endCursor = last === undefined ? null : toSubredditCursor(last, order)
  return { rows, next: found.length > limit ? endCursor : null, endCursor }
}

/** Counts the subreddits of all pages together. */
export function countSubreddits(
  models: ReadModels,
  { model, search }: Pick<SubredditList, 'model' | 'search'>,
): number {
  return model === undefined ? 0 : (models.allTime.queries?.count(model, cleanSearch(search)) ?? 0)
}

function toSubredditCursor(row: SubredditRow, order: SubredditOrder): string {
  const value = order === 'MOST_POSTS' ? row.posts : order === 'NAME' ? 0 : row.mean
  return encodeCursor(`subreddits ${order}`, value, row.subreddit)
}

function toSubredditPlace(cursor: string, order: SubredditOrder) {
  const [value, subreddit] = decodeCursor(cursor, `subreddits ${order}`, [0, ''])
  return { value, subreddit }
}

export interface PostList {
  readonly model: string | undefined
  readonly order: PostOrder
  readonly subreddit: string | undefined
  readonly search?: string | null | undefined
  readonly after?: string | null | undefined
  readonly limit: number
}

/** A page of posts, as a GraphQL connection. */
export interface PostPage {
  readonly nodes: PostRow[]
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null }
}

export function readPosts(models: ReadModels, list: PostList): PostPage {
  const { order, subreddit, after, limit } = list
  const search = cleanSearch(list.search)
  const kind = `posts ${order}`
  const place = after === null || after === undefined ? undefined : decodeCursor(after, kind, [0, 0])
  const page = {
    model: list.model ?? '',
    order,
    subreddit,
    search,
    after: place === undefined ? undefined : { value: place[0], key: place[1] },
    limit: limit + 1,
  }
  const found = models.posts.queries?.page(page) ?? []
  const nodes = found.slice(0, limit)
  const last = nodes.at(-1)
  const endCursor = last === undefined ? null : encodeCursor(kind, placeOf(last, order), last.key)
  return { nodes, pageInfo: { hasNextPage: found.length > limit, endCursor } }
}

const placeOf = (row: PostRow, order: PostOrder): number =>
  order === 'NEWEST' ? row.createdUtc : (row.seriousness ?? 0)

const cleanSearch = (search: string | null | undefined): string | undefined =>
  search?.trim().slice(0, MAX_SEARCH_LENGTH) || undefined
