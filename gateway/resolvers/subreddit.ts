import type { SubredditResolvers } from '../../schema/generated/api.ts'
import { meanSeriousness, standardDeviation } from '../../schema/seriousness.ts'
import { checkPageSize, DEFAULT_PAGE } from '../errors.ts'
import { readPosts } from '../lists.ts'

const HOUR_SECONDS = 3_600
export const DEFAULT_RANGE_SECONDS = 7 * 86_400

export const Subreddit: SubredditResolvers = {
  name: ({ row }) => row.name,
  allTime: ({ row: { posts, sum, sumOfSquares } }) => ({
    posts,
    mean: meanSeriousness(sum, posts),
    standardDeviation: standardDeviation(sum, sumOfSquares, posts),
  }),
  hourly: async ({ row, hours }, { from, to }) => {
    const end = to === null || to === undefined ? hours.nowSeconds + HOUR_SECONDS : Math.ceil(to.getTime() / 1_000)
    const start = from === null || from === undefined ? end - DEFAULT_RANGE_SECONDS : Math.floor(from.getTime() / 1_000)
    const rows = await hours.load(row.subreddit, start, end)
    return rows.map(({ hour, posts, sum }) => ({
      hour: new Date(hour * 1_000),
      posts,
      mean: meanSeriousness(sum, posts)!,
    }))
  },
  posts: ({ row, model }, { orderBy, first, after }, { models }) =>
    readPosts(models, {
      model,
      order: orderBy ?? 'NEWEST',
      subreddit: row.subreddit,
      after,
      limit: checkPageSize(first ?? DEFAULT_PAGE),
    }),
}
