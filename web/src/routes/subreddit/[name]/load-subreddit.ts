import { COVERAGE_FIELDS, HOURLY_FIELDS, POST_FIELDS, query, SUBREDDIT_FIELDS } from '#lib/graphql.ts'
import { withLastReport } from '#lib/last-report.ts'
import type { HourlyCoverage, HourlySeriousness, PageInfo, Post, SubredditSummary } from '#lib/types.ts'

const DOCUMENT = `query ($name: String!, $orderBy: PostOrder, $after: String) {
  subreddit(name: $name) {
    ${SUBREDDIT_FIELDS} ${HOURLY_FIELDS} ${COVERAGE_FIELDS}
    posts(orderBy: $orderBy, after: $after, first: 30) { nodes { ${POST_FIELDS} } pageInfo { hasNextPage endCursor } }
  }
}`

export interface Subreddit extends SubredditSummary {
  readonly hourly: HourlySeriousness[]
  readonly coverage: HourlyCoverage[]
  /** When it was asked for, milliseconds. */
  readonly loadedAtMs: number
  readonly posts: { readonly nodes: Post[]; readonly pageInfo: PageInfo }
}

export interface Wanted {
  readonly name: string
  readonly order: Order
  readonly cursor: string | undefined
}

export type Order = 'newest' | 'most_serious' | 'least_serious'
export const ORDERS: readonly (readonly [Order, string])[] = [
  ['newest', 'Newest'],
  ['most_serious', 'Most serious'],
  ['least_serious', 'Least serious'],
]

/** The order that an address asks for; newest first for anything else. */
export const readOrder = (value: string | null): Order => ORDERS.find(([order]) => order === value)?.[0] ?? 'newest'

/** @returns null for a subreddit that is not tracked */
export async function loadSubreddit(
  fetch: typeof globalThis.fetch,
  { name, order, cursor }: Wanted,
  signal?: AbortSignal,
): Promise<Subreddit | null> {
  const variables = { name, orderBy: order.toUpperCase(), after: cursor }
  const loadedAtMs = Date.now()
  type Answer = { subreddit: Omit<Subreddit, 'loadedAtMs'> | null }
  const { subreddit } = await query<Answer>(fetch, DOCUMENT, variables, signal)
  if (subreddit === null) return null
  return { ...subreddit, coverage: await withLastReport(fetch, name, subreddit.coverage, signal), loadedAtMs }
}
