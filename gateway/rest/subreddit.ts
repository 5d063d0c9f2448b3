import { Type, type Static } from 'typebox'
import type { PostRow } from '../../projections/posts/queries.ts'
import type { TallyRow } from '../../projections/tally/queries.ts'
import { toIsoTime } from '../../schema/hours.ts'
import { fromFixedSeriousness, meanSeriousness } from '../../schema/seriousness.ts'
import { notFound } from '../protocol/errors.ts'
import { failure, json } from '../http/operation.ts'
import { readPosts } from '../read-models/lists.ts'
import { hoursUntilNow } from '../read-models/time-range.ts'
import { NextCursor, PAGE_PARAMETERS } from './page-parameters.ts'
import { defineRead, READ_FAILURES } from './read-operation.ts'

/** A limit that the hours of the default range cannot reach. */
const MAX_ROWS = 10_000
const SUBREDDIT_NAME = /^\w{2,24}$/

const Seriousness = Type.Number({ minimum: 0, maximum: 1 })
const Time = Type.String({ format: 'date-time' })
const Share = Type.Number({ minimum: 0, maximum: 1, description: 'The share of the posts of the hour that was seen' })

const Hour = Type.Object({
  hour: Time,
  seriousness: Seriousness,
  posts: Type.Integer(),
  coverage: Type.Union([Share, Type.Null()], { description: 'Null if no source reported on the hour' }),
})
const HourCoverage = Type.Object({ hour: Time, source: Type.String(), share: Share })
const Post = Type.Object({
  id: Type.String(),
  title: Type.String(),
  seriousness: Type.Union([Seriousness, Type.Null()], { description: 'Null until the post is scored' }),
  created_at: Time,
  permalink: Type.Union([Type.String(), Type.Null()]),
})

const Subreddit = Type.Object({
  name: Type.String(),
  seriousness: Seriousness,
  post_count: Type.Integer({ description: 'Scored posts of all time' }),
  hourly: Type.Array(Hour, { description: 'Hours with posts, oldest first' }),
  coverage: Type.Array(HourCoverage, { description: 'Hours that a source reported on, also those without posts' }),
  posts: Type.Array(Post),
  next: NextCursor,
})

export const subreddit = defineRead({
  path: '/subreddit/{name}',
  summary: 'One subreddit: all time, the last seven days by hour, its newest posts',
  asks: Type.Object({ name: Type.String({ description: 'In any case' }), ...PAGE_PARAMETERS }),
  answers: {
    200: json('The subreddit', Subreddit),
    404: failure('No post of this subreddit has been scored'),
    ...READ_FAILURES,
  },
  read: ({ models, shown }, { name, limit, cursor }) => {
    const model = shown.name
    const isKnowable = model !== undefined && SUBREDDIT_NAME.test(name)
    const row = isKnowable ? models.allTime.queries?.one(model, name) : undefined
    if (model === undefined || row === undefined) throw notFound('no post of this subreddit has been scored')
    const range = hoursUntilNow(Math.floor(Date.now() / 1_000))
    const wanted = { ...range, most: MAX_ROWS }
    const hours = models.hourly.queries?.ranges(model, [row.subreddit], wanted)?.get(row.subreddit) ?? []
    const coverage = models.hourly.queries?.coverage([row.subreddit], wanted)?.get(row.subreddit) ?? []
    const shares = new Map(coverage.map(({ hour, coverage: share }) => [hour, share]))
    const after = cursor || undefined
    const posts = readPosts(models, { model, order: 'NEWEST', subreddit: row.subreddit, after, limit })
    return {
      name: row.name,
      seriousness: row.mean,
      post_count: row.posts,
      hourly: hours.map((hour) => toHour(hour, shares.get(hour.start))),
      coverage: coverage.map(({ hour, source, coverage: share }) => ({ hour: toIsoTime(hour), source, share })),
      posts: posts.nodes.map(toPost),
      next: posts.pageInfo.hasNextPage ? posts.pageInfo.endCursor : null,
    }
  },
})

const toHour = ({ start, posts, sum }: TallyRow, share: number | undefined): Static<typeof Hour> => ({
  hour: toIsoTime(start),
  seriousness: meanSeriousness(sum, posts)!,
  posts,
  coverage: share ?? null,
})

const toPost = ({ id, title, seriousness, createdUtc, permalink }: PostRow): Static<typeof Post> => ({
  id,
  title,
  seriousness: seriousness === null ? null : fromFixedSeriousness(seriousness),
  created_at: toIsoTime(createdUtc),
  permalink,
})
