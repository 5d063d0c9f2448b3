import { SUBREDDIT_FIELDS } from '../graphql.ts'
import type { SubredditSummary } from '../types.ts'
import { follow } from './follow.ts'

export interface FollowSubreddits<Extra> {
  readonly names: readonly string[]
  /** GraphQL fields beside name and allTime. */
  readonly moreFields?: string
  /** The latest figures of subreddits that changed. */
  readonly onChanged: (subreddits: (SubredditSummary & Extra)[]) => void
  /** Between two calls of `onChanged`, at least. */
  readonly intervalMs?: number
  /** At each connection: changes before it are not told. */
  readonly onOpen: () => void
}

/** Follows the figures of subreddits as they change. @returns how to stop */
export function followSubreddits<Extra = unknown>(options: FollowSubreddits<Extra>): () => void {
  const { names, moreFields = '', onChanged, onOpen, intervalMs } = options
  return follow<{ subredditUpdated: SubredditSummary & Extra }>({
    document: `subscription ($names: [String!]) { subredditUpdated(names: $names) { ${SUBREDDIT_FIELDS} ${moreFields} } }`,
    variables: () => ({ names }),
    onItems: (items) => {
      const latest = new Map(items.map(({ subredditUpdated }) => [subredditUpdated.name, subredditUpdated]))
      onChanged([...latest.values()])
    },
    onOpen,
    ...(intervalMs !== undefined && { intervalMs }),
  })
}
