import { SubredditDocument, type PostOrder, type SubredditQuery } from '#lib/generated/documents.ts'
import { query } from '#lib/graphql.ts'
import { withLastReport } from '#lib/last-report.ts'

export type Subreddit = NonNullable<SubredditQuery['subreddit']> & {
  /** When the request was sent, milliseconds. */
  readonly loadedAtMs: number
}

export interface Wanted {
  readonly name: string
  readonly order: Order
  readonly cursor: string | undefined
}

export type Order = Lowercase<PostOrder>
export const ORDERS: readonly (readonly [Order, string])[] = [
  ['newest', 'Newest'],
  ['most_serious', 'Most serious'],
  ['least_serious', 'Least serious'],
]

/** The order that an address asks for; newest first for any other value. */
export const readOrder = (value: string | null): Order => ORDERS.find(([order]) => order === value)?.[0] ?? 'newest'

/** @returns null for a subreddit that is not tracked */
export async function loadSubreddit(
  fetch: typeof globalThis.fetch,
  { name, order, cursor }: Wanted,
  signal?: AbortSignal,
): Promise<Subreddit | null> {
  const variables = { name, orderBy: order.toUpperCase() as Uppercase<Order>, after: cursor }
  const loadedAtMs = Date.now()
  const { subreddit } = await query(fetch, SubredditDocument, variables, signal)
  if (subreddit === null) return null
  return { ...subreddit, coverage: await withLastReport(fetch, name, subreddit.coverage, signal), loadedAtMs }
}
