import { Type, type Static } from 'typebox'
import type { PostRow } from '../../projections/posts/queries.ts'
import type { TallyRow } from '../../projections/tally/queries.ts'
import { toIsoTime } from '../../schema/hours.ts'
import { fromFixedSeriousness, meanSeriousness } from '../../schema/seriousness.ts'
import { notFound } from '../protocol/errors.ts'
import { failure, json } from '../http/operation.ts'
import { NextCursor, PAGE_PARAMETERS } from './page-parameters.ts'
import { defineRead, READ_FAILURES } from './read-operation.ts'

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
  read: async ({ reader, model }, { name, limit, cursor }) => {
    const isKnowable = model !== undefined && SUBREDDIT_NAME.test(name)
    const found = isKnowable
      ? await reader.read('subredditPage', { model, name, limit, after: cursor || undefined })
      : null
    if (found === null) throw notFound('no post of this subreddit has been scored')
    const { row, hours, coverage, posts } = found
    const shares = new Map(coverage.map(({ hour, coverage: share }) => [hour, share]))
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
