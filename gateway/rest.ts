import { GraphQLError } from 'graphql'
import type { SubredditOrder } from '../projections/all-time/queries.ts'
import { fromFixedSeriousness, meanSeriousness } from '../schema/seriousness.ts'
import type { GatewayContext } from './context.ts'
import { badInput, checkPageSize } from './errors.ts'
import { readPosts, readSubreddits } from './lists.ts'
import { DEFAULT_RANGE_SECONDS } from './resolvers/subreddit.ts'

export interface RestAnswer {
  readonly status: number
  readonly body: object
}

const ORDERS: Readonly<Record<string, SubredditOrder>> = {
  most_posts: 'MOST_POSTS',
  most_serious: 'MOST_SERIOUS',
  least_serious: 'LEAST_SERIOUS',
  name: 'NAME',
}
const HOUR_SECONDS = 3_600
const DEFAULT_LIMIT = 50

/** `GET /subreddits` and `GET /subreddit/<name>` as JSON; undefined for any other address. */
export function answerRest(url: URL, context: GatewayContext): RestAnswer | undefined {
  const name = /^\/subreddit\/([^/]+)$/.exec(url.pathname)?.[1]
  if (url.pathname !== '/subreddits' && name === undefined) return undefined
  try {
    return name === undefined ? answerSubreddits(url, context) : answerSubreddit(decodeName(name), url, context)
  } catch (error) {
    if (error instanceof GraphQLError) return { status: 400, body: { error: error.message } }
    throw error
  }
}

function answerSubreddits({ searchParams }: URL, { models, shown }: GatewayContext): RestAnswer {
  const orderName = (searchParams.get('order') ?? 'most_posts').toLowerCase()
  if (!Object.hasOwn(ORDERS, orderName)) throw badInput(`order must be one of ${Object.keys(ORDERS).join(', ')}`)
  const { rows, next } = readSubreddits(models, {
    model: shown.name,
    order: ORDERS[orderName]!,
    search: searchParams.get('search'),
    after: searchParams.get('cursor') || null,
    limit: readLimit(searchParams),
  })
  return {
    status: 200,
    body: { subreddits: rows.map((row) => ({ name: row.name, seriousness: row.mean, posts: row.posts })), next },
  }
}

function answerSubreddit(name: string, { searchParams }: URL, { models, shown }: GatewayContext): RestAnswer {
  const limit = readLimit(searchParams)
  const row = shown.name === undefined ? undefined : models.allTime.queries?.one(shown.name, name)
  if (row === undefined) return { status: 404, body: { error: `no posts of the subreddit ${name} have been scored` } }
  const model = shown.name!
  const end = Math.floor(Date.now() / 1_000) + HOUR_SECONDS
  const hours = models.hourly.queries?.range(model, row.subreddit, end - DEFAULT_RANGE_SECONDS, end) ?? []
  const after = searchParams.get('cursor') || null
  const posts = readPosts(models, { model, order: 'NEWEST', subreddit: row.subreddit, after, limit })
  return {
    status: 200,
    body: {
      name: row.name,
      seriousness: row.mean,
      post_count: row.posts,
      hourly: hours.map(({ hour, posts: count, sum }) => ({
        hour: toIso(hour),
        seriousness: meanSeriousness(sum, count),
        posts: count,
      })),
      posts: posts.nodes.map((post) => ({
        id: post.id,
        title: post.title,
        seriousness: post.seriousness === null ? null : fromFixedSeriousness(post.seriousness),
        created_at: toIso(post.createdUtc),
        permalink: post.permalink,
      })),
      next: posts.pageInfo.hasNextPage ? posts.pageInfo.endCursor : null,
    },
  }
}

function readLimit(params: URLSearchParams): number {
  const raw = params.get('limit')
  return raw === null ? DEFAULT_LIMIT : checkPageSize(/^\d+$/.test(raw) ? Number(raw) : Number.NaN, 'limit')
}

function decodeName(name: string): string {
  try {
    return decodeURIComponent(name)
  } catch {
    throw badInput('the name of the subreddit is not properly encoded')
  }
}

const toIso = (seconds: number): string => new Date(seconds * 1_000).toISOString().replace('.000Z', 'Z')
