import { SubredditListDocument, type SubredditListQuery, type SubredditOrder } from '#lib/generated/documents.ts'
import { query } from '#lib/graphql.ts'

export type SubredditList = SubredditListQuery['subreddits']

export interface Wanted {
  readonly search: string
  readonly order: Order
  readonly cursor: string | undefined
}

export type Order = Lowercase<SubredditOrder>
const ORDERS: readonly string[] = ['most_posts', 'most_serious', 'least_serious', 'name'] satisfies Order[]
export const DEFAULT_ORDER: Order = 'most_posts'

/** The order that an address asks for; the default for any other value. */
export const readOrder = (value: string | null): Order =>
  value !== null && ORDERS.includes(value) ? (value as Order) : DEFAULT_ORDER

export async function loadList(
  fetch: typeof globalThis.fetch,
  { search, order, cursor }: Wanted,
  signal?: AbortSignal,
): Promise<SubredditList> {
  const orderBy = order.toUpperCase() as Uppercase<Order>
  return (await query(fetch, SubredditListDocument, { search, orderBy, after: cursor }, signal)).subreddits
}
