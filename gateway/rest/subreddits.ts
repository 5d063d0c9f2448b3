import { Type, type Static } from 'typebox'
import { json } from '../http/operation.ts'
import { NextCursor, PAGE_PARAMETERS } from './page-parameters.ts'
import { defineRead, READ_FAILURES } from './read-operation.ts'

const Order = Type.Enum(['most_posts', 'most_serious', 'least_serious', 'name'], {
  default: 'most_posts',
  description: 'Order of the rows',
})

const SubredditPage = Type.Object({
  subreddits: Type.Array(
    Type.Object({
      name: Type.String(),
      seriousness: Type.Number({ minimum: 0, maximum: 1, description: 'The mean of all time' }),
      posts: Type.Integer({ description: 'Scored posts of all time' }),
    }),
  ),
  next: NextCursor,
})

export const subreddits = defineRead({
  path: '/subreddits',
  summary: 'Subreddits with their all-time seriousness',
  asks: Type.Object({
    search: Type.Optional(Type.String({ description: 'Part of a name, in any case' })),
    order: Order,
    ...PAGE_PARAMETERS,
  }),
  answers: { 200: json('A page', SubredditPage), ...READ_FAILURES },
  read: async ({ reader, model }, { search, order, limit, cursor }) => {
    const { rows, next } = await reader.read('subreddits', {
      model,
      order: order.toUpperCase() as Uppercase<Static<typeof Order>>,
      search,
      after: cursor || undefined,
      limit,
    })
    return { subreddits: rows.map(({ name, mean, posts }) => ({ name, seriousness: mean, posts })), next }
  },
})
