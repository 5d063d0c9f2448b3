import { POST_FIELDS, query, SUBREDDIT_FIELDS } from '#lib/graphql.ts'
import type { Post, SubredditSummary } from '#lib/types.ts'
import type { PageServerLoad } from './$types'

type Nodes<T> = { nodes: T[] }

export const load: PageServerLoad = async ({ fetch }) =>
  query<{
    most: Nodes<SubredditSummary>
    serious: Nodes<SubredditSummary>
    banter: Nodes<SubredditSummary>
    posts: Nodes<Post>
  }>(
    fetch,
    `{
      most: subreddits(first: 8) { nodes { ${SUBREDDIT_FIELDS} } }
      serious: subreddits(first: 8, orderBy: MOST_SERIOUS) { nodes { ${SUBREDDIT_FIELDS} } }
      banter: subreddits(first: 8, orderBy: LEAST_SERIOUS) { nodes { ${SUBREDDIT_FIELDS} } }
      posts(first: 25) { nodes { ${POST_FIELDS} } }
    }`,
  )
