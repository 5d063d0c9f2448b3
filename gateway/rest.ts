import { toIsoTime } from '../schema/hours.ts'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { SubredditOrder } from '../projections/all-time/queries.ts'
import type { CoverageRow } from '../projections/hourly/queries.ts'
import type { Logger } from '../schema/runtime/logger.ts'
import { fromFixedSeriousness, meanSeriousness } from '../schema/seriousness.ts'
import { AnswerCache } from './answer-cache.ts'
import type { GatewayContext } from './context.ts'
import { badInput, checkPageSize, DEFAULT_PAGE } from './errors.ts'
import { JsonAnswer } from './http/json-answer.ts'
import { readPosts, readSubreddits } from './lists.ts'
import { createErrorMask } from './plugins/mask-errors.ts'
import type { ReadModels } from './read-models.ts'
import { hoursUntilNow, type TimeRange } from './read-models/time-range.ts'

interface RestAnswer {
  readonly status: number
  readonly body: object
}

const ORDERS: Readonly<Record<string, SubredditOrder>> = {
  most_posts: 'MOST_POSTS',
  most_serious: 'MOST_SERIOUS',
  least_serious: 'LEAST_SERIOUS',
  name: 'NAME',
}
const MAX_COVERAGE_ROWS = 10_000
const SUBREDDIT_NAME = /^\w{2,24}$/

/** `GET /subreddits` and `GET /subreddit/<name>` as JSON, remembered until something changes. */
export function createRest(context: GatewayContext, logger: Logger) {
  const cache = new AnswerCache()
  const mask = createErrorMask(logger)

  function answer(url: URL): RestAnswer {
    try {
      const name = /^\/subreddit\/([^/]+)$/.exec(url.pathname)?.[1]
      return name === undefined ? answerSubreddits(url, context) : answerSubreddit(decodeName(name), url, context)
    } catch (error) {
      const { message, extensions } = mask(error)
      return { status: (extensions['http'] as { status: number } | undefined)?.status ?? 500, body: { error: message } }
    }
  }

  return (request: IncomingMessage, response: ServerResponse): void => {
    const url = request.url!
    // The hours shown move with the clock, too.
    const version = `${context.models.version} ${context.shown.name} ${Math.floor(Date.now() / 60_000)}`
    let found = cache.get(version, url)
    if (found === undefined) {
      const { status, body } = answer(new URL(url, 'http://localhost'))
      found = new JsonAnswer(status, body)
      if (status === 200) cache.set(version, url, found)
    }
    found.send(response)
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
  const queries = shown.name !== undefined && SUBREDDIT_NAME.test(name) ? models.allTime.queries : undefined
  const row = queries?.one(shown.name!, name)
  if (row === undefined) return { status: 404, body: { error: 'no post of this subreddit has been scored' } }
  const model = shown.name!
  const range = hoursUntilNow(Math.floor(Date.now() / 1_000))
  const hours = models.hourly.queries?.ranges(model, [row.subreddit], { ...range, most: MAX_COVERAGE_ROWS })?.get(row.subreddit) ?? []
  const coverage = readCoverage(models, row.subreddit, range)
  const shares = new Map(coverage.map(({ hour, coverage: share }) => [hour, share]))
  const after = searchParams.get('cursor') || null
  const posts = readPosts(models, { model, order: 'NEWEST', subreddit: row.subreddit, after, limit })
  return {
    status: 200,
    body: {
      name: row.name,
      seriousness: row.mean,
      post_count: row.posts,
      hourly: hours.map(({ start: hour, posts: count, sum }) => ({
        hour: toIsoTime(hour),
        seriousness: meanSeriousness(sum, count),
        posts: count,
        coverage: shares.get(hour) ?? null,
      })),
      coverage: coverage.map(({ hour, source, coverage: share }) => ({ hour: toIsoTime(hour), source, share })),
      posts: posts.nodes.map((post) => ({
        id: post.id,
        title: post.title,
        seriousness: post.seriousness === null ? null : fromFixedSeriousness(post.seriousness),
        created_at: toIsoTime(post.createdUtc),
        permalink: post.permalink,
      })),
      next: posts.pageInfo.hasNextPage ? posts.pageInfo.endCursor : null,
    },
  }
}

/** Hours of the default range are far fewer than a query may give. */
const readCoverage = (models: ReadModels, subreddit: string, range: TimeRange): readonly CoverageRow[] =>
  models.hourly.queries?.coverage([subreddit], { ...range, most: MAX_COVERAGE_ROWS })?.get(subreddit) ?? []

function readLimit(params: URLSearchParams): number {
  const raw = params.get('limit')
  return raw === null ? DEFAULT_PAGE : checkPageSize(/^\d+$/.test(raw) ? Number(raw) : Number.NaN, 'limit')
}

function decodeName(name: string): string {
  try {
    return decodeURIComponent(name)
  } catch {
    throw badInput('the name of the subreddit is not properly encoded')
  }
}
