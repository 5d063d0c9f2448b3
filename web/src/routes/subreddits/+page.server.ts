import { error } from '@sveltejs/kit'
import { GraphQLRequestError, query, SUBREDDIT_FIELDS } from '#lib/graphql.ts'
import type { PageInfo, SubredditSummary } from '#lib/types.ts'
import type { PageServerLoad } from './$types'

const ORDERS = ['most_posts', 'most_serious', 'least_serious', 'name']
const DOCUMENT = `query ($search: String, $orderBy: SubredditOrder, $after: String) {
  subreddits(search: $search, orderBy: $orderBy, after: $after, first: 50) {
    nodes { ${SUBREDDIT_FIELDS} } pageInfo { hasNextPage endCursor } totalCount
  }
}`

export const load: PageServerLoad = async ({ fetch, url }) => {
  const search = url.searchParams.get('search') ?? ''
  const wanted = url.searchParams.get('order') ?? 'most_posts'
  const order = ORDERS.includes(wanted) ? wanted : 'most_posts'
  type Answer = { subreddits: { nodes: SubredditSummary[]; pageInfo: PageInfo; totalCount: number } }
  try {
    const variables = { search, orderBy: order.toUpperCase(), after: url.searchParams.get('cursor') }
    return { ...(await query<Answer>(fetch, DOCUMENT, variables)), search, order }
  } catch (cause) {
    if (cause instanceof GraphQLRequestError) error(400, cause.message)
    throw cause
  }
}
