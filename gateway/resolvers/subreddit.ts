import type { SubredditResolvers } from '../generated/resolvers.ts'
import { meanSeriousness, standardDeviation } from '../../schema/seriousness.ts'
import { checkPageSize, DEFAULT_PAGE } from '../protocol/page-size.ts'
import { inSlices } from './in-slices.ts'
import { lastHours, hoursUntilNow, type TimeRange } from '../read-models/time-range.ts'

export const Subreddit: SubredditResolvers = {
  name: ({ row }) => row.name,
  allTime: ({ row: { posts, sum, sumOfSquares } }) => ({
    posts,
    mean: meanSeriousness(sum, posts),
    standardDeviation: standardDeviation(sum, sumOfSquares, posts),
  }),
  hourly: async ({ row, series }, range) => {
    const rows = await series.load('hourly', row.subreddit, toRange(range, series.nowSeconds))
    return inSlices(
      rows.map(({ start, posts, sum }) => ({
        hour: new Date(start * 1_000),
        posts,
        mean: meanSeriousness(sum, posts)!,
      })),
    )
  },
  coverage: async ({ row, series }, range) => {
    const rows = await series.load('coverage', row.subreddit, toRange(range, series.nowSeconds))
    const reports = rows.map(({ hour, source, expected, seen, erased, unknown, coverage: share, isOfAll }) => ({
      hour: new Date(hour * 1_000),
      source,
      ofAllReddit: isOfAll === 1,
      expected,
      seen,
      deletedOnReddit: erased,
      unknown,
      share,
    }))
    return inSlices(reports)
  },
  posts: async ({ row, model, series: { reader } }, { orderBy, first, after }) => {
    const { nodes, pageInfo } = await reader.read('posts', {
      model,
      order: orderBy ?? 'NEWEST',
      subreddit: row.subreddit,
      after,
      limit: checkPageSize(first ?? DEFAULT_PAGE),
    })
    return { nodes: inSlices(nodes), pageInfo }
  },
}

interface Dates {
  readonly from?: Date | null
  readonly to?: Date | null
}

/** The range that a client asks for. An end that it leaves out comes from the last hours, the running one included. */
function toRange({ from, to }: Dates, nowSeconds: number): TimeRange {
  const standard = to ? lastHours(Math.ceil(to.getTime() / 1_000)) : hoursUntilNow(nowSeconds)
  return from ? { ...standard, from: Math.floor(from.getTime() / 1_000) } : standard
}
