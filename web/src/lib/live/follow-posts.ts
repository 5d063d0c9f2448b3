import { POST_FIELDS } from '../graphql.ts'
import type { Post } from '../types.ts'
import { follow } from './follow.ts'

const DOCUMENT = `subscription ($subreddit: String, $after: String) {
  postScored(subreddit: $subreddit, after: $after) { cursor post { ${POST_FIELDS} } }
}`
/** After a longer absence only what is new is of interest: a list of thirty posts is not where to read thousands. */
const LONGEST_GAP_MS = 60_000

export interface FollowPosts {
  readonly subreddit?: string
  /** Newly scored posts, oldest first. */
  readonly onPosts: (posts: Post[]) => void
  /** At each connection. `isResumed`: it goes on exactly where the last one ended, with nothing left out. */
  readonly onOpen: (isResumed: boolean) => void
}

/** Follows posts as they are scored; a new connection goes on behind the last post. @returns how to stop */
export function followPosts({ subreddit, onPosts, onOpen }: FollowPosts): () => void {
  let after: string | undefined
  return follow<{ postScored: { cursor: string; post: Post } }>({
    document: DOCUMENT,
    variables: (closedMs) => {
      if (closedMs > LONGEST_GAP_MS) after = undefined
      return { subreddit, after }
    },
    onItems: (items) => {
      after = items.at(-1)!.postScored.cursor
      onPosts(items.map(({ postScored }) => postScored.post))
    },
    onOpen: () => onOpen(after !== undefined),
    onRefused: (error) => {
      // A cursor of another log, or of one that was set back to an earlier state.
      const isForeign = error.code === 'BAD_USER_INPUT' && after !== undefined
      if (isForeign) after = undefined
      return isForeign
    },
  })
}
