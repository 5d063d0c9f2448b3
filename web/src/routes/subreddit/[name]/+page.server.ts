import { error } from '@sveltejs/kit'
import { GraphQLRequestError, POST_FIELDS, query, SUBREDDIT_FIELDS } from '#lib/graphql.ts'
import type { HourlySeriousness, PageInfo, Post, SubredditSummary } from '#lib/types.ts'
import type { PageServerLoad } from './$types'

const ORDERS = ['newest', 'most_serious', 'least_serious']
const DOCUMENT = `query ($name: String!, $orderBy: PostOrder, $after: String) {
  subreddit(name: $name) {
    ${SUBREDDIT_FIELDS} hourly { hour mean posts }
    posts(orderBy: $orderBy, after: $after, first: 30) { nodes { ${POST_FIELDS} } pageInfo { hasNextPage endCursor } }
  }
}`

type Answer = {
  subreddit: (SubredditSummary & { hourly: HourlySeriousness[]; posts: { nodes: Post[]; pageInfo: PageInfo } }) | null
}

export const load: PageServerLoad = async ({ fetch, params, url }) => {
  const wanted = url.searchParams.get('order') ?? 'newest'
  const order = ORDERS.includes(wanted) ? wanted : 'newest'
  const cursor = url.searchParams.get('cursor')
  try {
    const { subreddit } = await query<Answer>(fetch, DOCUMENT, {
      name: params.name,
      orderBy: order.toUpperCase(),
      after: cursor,
    })
    if (subreddit === null) error(404, `No posts of r/${params.name} have been scored.`)
    return { subreddit, order, isFirstPage: cursor === null }
  } catch (cause) {
    if (cause instanceof GraphQLRequestError) error(400, cause.message)
    throw cause
  }
}
