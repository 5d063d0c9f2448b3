import { POST_FIELDS, query, SUBREDDIT_FIELDS } from '#lib/graphql.ts'
import type { Post, Seriousness, SubredditSummary } from '#lib/types.ts'

const DOCUMENT = `{
  pipeline { allTime { mean posts } }
  most: subreddits(first: 8) { nodes { ${SUBREDDIT_FIELDS} } }
  serious: subreddits(first: 8, orderBy: MOST_SERIOUS) { nodes { ${SUBREDDIT_FIELDS} } }
  banter: subreddits(first: 8, orderBy: LEAST_SERIOUS) { nodes { ${SUBREDDIT_FIELDS} } }
  posts(first: 25) { nodes { ${POST_FIELDS} } }
}`

interface Nodes<T> {
  readonly nodes: T[]
}

export interface Overview {
  readonly pipeline: { readonly allTime: Seriousness }
  readonly most: Nodes<SubredditSummary>
  readonly serious: Nodes<SubredditSummary>
  readonly banter: Nodes<SubredditSummary>
  readonly posts: Nodes<Post>
}

export const loadOverview = (fetch: typeof globalThis.fetch, signal?: AbortSignal): Promise<Overview> =>
  query<Overview>(fetch, DOCUMENT, {}, signal)
