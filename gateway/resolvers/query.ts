import type { QueryResolvers } from '../generated/resolvers.ts'
import { isPostId, plainPostId, toPostKey } from '../../schema/post-id.ts'
import { checkPageSize, DEFAULT_PAGE } from '../protocol/page-size.ts'
import { inSlices } from './in-slices.ts'
import { SeriesLoader } from '../read-models/series-loader.ts'

export const Query: QueryResolvers = {
  subreddits: async (_, { search, orderBy, first, after, model }, { reader, shown }) => {
    const wanted = model ?? shown.name
    const list = { model: wanted, order: orderBy ?? 'MOST_POSTS', search, after } as const
    const { rows, next, endCursor } = await reader.read('subreddits', {
      ...list,
      limit: checkPageSize(first ?? DEFAULT_PAGE),
    })
    const series = new SeriesLoader(reader, wanted ?? '')
    return {
      nodes: inSlices(rows.map((row) => ({ row, model: wanted ?? '', series }))),
      pageInfo: { hasNextPage: next !== null, endCursor },
      // GraphQL calls this function only if a client asks for the field.
      totalCount: (() => reader.read('subredditCount', { model: wanted, search })) as unknown as number,
    }
  },
  subreddit: async (_, { name, model }, { reader, shown }) => {
    const wanted = model ?? shown.name
    const row = wanted === undefined ? null : await reader.read('subreddit', { model: wanted, name })
    return row && { row, model: wanted!, series: new SeriesLoader(reader, wanted!) }
  },
  posts: async (_, { search, subreddit, orderBy, first, after }, { reader, shown }) => {
    const { nodes, pageInfo } = await reader.read('posts', {
      model: shown.name,
      order: orderBy ?? 'NEWEST',
      subreddit: subreddit ?? undefined,
      search,
      after,
      limit: checkPageSize(first ?? DEFAULT_PAGE),
    })
    return { nodes: inSlices(nodes), pageInfo }
  },
  post: async (_, { id }, { reader, shown }) => {
    const plain = plainPostId(id)
    return isPostId(plain) ? reader.read('post', { model: shown.name ?? '', key: toPostKey(plain) }) : null
  },
  pipeline: (_, __, { pipeline }) => pipeline.read(),
}
