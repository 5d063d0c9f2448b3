import { HOUR_SECONDS } from '../../schema/hours.ts'
import type { SubredditResolvers } from '../../schema/generated/api.ts'
import { meanSeriousness, standardDeviation } from '../../schema/seriousness.ts'
import { checkPageSize, DEFAULT_PAGE } from '../errors.ts'
import { readPosts } from '../lists.ts'
import type { HourRange } from '../range-batches.ts'

export const DEFAULT_RANGE_SECONDS = 7 * 86_400

export const Subreddit: SubredditResolvers = {
  name: ({ row }) => row.name,
  allTime: ({ row: { posts, sum, sumOfSquares } }) => ({
    posts,
    mean: meanSeriousness(sum, posts),
    standardDeviation: standardDeviation(sum, sumOfSquares, posts),
  }),
  hourly: async ({ row, hours }, range) => {
    const rows = await hours.seriousness.load(row.subreddit, toRange(range, hours.nowSeconds))
    return rows.map(({ start, posts, sum }) => ({
      hour: new Date(start * 1_000),
      posts,
      mean: meanSeriousness(sum, posts)!,
    }))
  },
  coverage: async ({ row, hours }, range) => {
    const rows = await hours.coverage.load(row.subreddit, toRange(range, hours.nowSeconds))
    return rows.map(({ hour, source, expected, seen, erased: deletedOnReddit, unknown, coverage: share, isOfAll }) => {
      return {
        hour: new Date(hour * 1_000),
        source,
        ofAllReddit: isOfAll === 1,
        expected,
        seen,
        deletedOnReddit,
        unknown,
        share,
      }
    })
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

interface Dates {
  readonly from?: Date | null
  readonly to?: Date | null
}

/** In seconds; by default the last days and the hour that runs. */
function toRange({ from, to }: Dates, nowSeconds: number): HourRange {
  const end = to ? Math.ceil(to.getTime() / 1_000) : nowSeconds + HOUR_SECONDS
  return { from: from ? Math.floor(from.getTime() / 1_000) : end - DEFAULT_RANGE_SECONDS, to: end }
}
