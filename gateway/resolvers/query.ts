import type { QueryResolvers } from '../generated/resolvers.ts'
import { isPostId, plainPostId, toPostKey } from '../../schema/post-id.ts'
import { checkPageSize, DEFAULT_PAGE } from '../protocol/page-size.ts'
import { readPosts, readSubreddits } from '../read-models/lists.ts'
import { SeriesLoader } from '../read-models/series.ts'

export const Query: QueryResolvers = {
  subreddits: (_, { search, orderBy, first, after, model }, context) => {
    const shown = model ?? context.shown.name
    const order = orderBy ?? 'MOST_POSTS'
    const limit = checkPageSize(first ?? DEFAULT_PAGE)
    const { rows, next, endCursor, count } = readSubreddits(context.models, {
      model: shown,
      order,
      search,
      after,
      limit,
    })
    const series = new SeriesLoader(context.models, shown ?? '')
    return {
      nodes: rows.map((row) => ({ row, model: shown ?? '', series })),
      pageInfo: { hasNextPage: next !== null, endCursor },
      // GraphQL calls this function only if a client asks for the field.
      totalCount: count as unknown as number,
    }
  },
  subreddit: (_, { name, model }, { models, shown }) => {
    const wanted = model ?? shown.name
    const row = wanted === undefined ? undefined : models.allTime.queries?.one(wanted, name)
    return row === undefined ? null : { row, model: wanted!, series: new SeriesLoader(models, wanted!) }
  },
  posts: (_, { search, subreddit, orderBy, first, after }, { models, shown }) =>
    readPosts(models, {
      model: shown.name,
      order: orderBy ?? 'NEWEST',
      subreddit: subreddit ?? undefined,
      search,
      after,
      limit: checkPageSize(first ?? DEFAULT_PAGE),
    }),
  post: (_, { id }, { models, shown }) => {
    const plain = plainPostId(id)
    return isPostId(plain) ? (models.posts.queries?.one(shown.name ?? '', toPostKey(plain)) ?? null) : null
  },
  pipeline: (_, __, { pipeline }) => pipeline.read(),
}
