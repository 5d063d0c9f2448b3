import { query, SUBREDDIT_FIELDS } from '#lib/graphql.ts'
import type { PageInfo, SubredditSummary } from '#lib/types.ts'

const DOCUMENT = `query ($search: String, $orderBy: SubredditOrder, $after: String) {
  subreddits(search: $search, orderBy: $orderBy, after: $after, first: 50) {
    nodes { ${SUBREDDIT_FIELDS} } pageInfo { hasNextPage endCursor } totalCount
  }
}`

export interface SubredditList {
  readonly nodes: SubredditSummary[]
  readonly pageInfo: PageInfo
  readonly totalCount: number
}

export interface Wanted {
  readonly search: string
  readonly order: Order
  readonly cursor: string | undefined
}

export type Order = 'most_posts' | 'most_serious' | 'least_serious' | 'name'
const ORDERS: readonly string[] = ['most_posts', 'most_serious', 'least_serious', 'name'] satisfies Order[]
export const DEFAULT_ORDER: Order = 'most_posts'

/** The order that an address asks for; the default for anything else. */
export const readOrder = (value: string | null): Order =>
  value !== null && ORDERS.includes(value) ? (value as Order) : DEFAULT_ORDER

export async function loadList(
  fetch: typeof globalThis.fetch,
  { search, order, cursor }: Wanted,
  signal?: AbortSignal,
): Promise<SubredditList> {
  const variables = { search, orderBy: order.toUpperCase(), after: cursor }
  return (await query<{ subreddits: SubredditList }>(fetch, DOCUMENT, variables, signal)).subreddits
}
