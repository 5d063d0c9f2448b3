import { PostScoredDocument, type ListedPostFragment } from '../generated/documents.ts'
import { follow } from './follow.ts'

/** After a longer break the page loads the newest posts, because a short list cannot show thousands of missed posts. */
const LONGEST_BREAK_MS = 60_000

export interface FollowPosts {
  /** Without a subreddit, posts of all subreddits are followed. */
  readonly subreddit?: string
  /** Newly scored posts, oldest first. */
  readonly onPosts: (posts: ListedPostFragment[]) => void
  /**
   * Called at each connection. `isResumed` says that the stream continues where the last connection ended, without a
   * loss.
   */
  readonly onOpen: (isResumed: boolean) => void
}

/** Follows posts as they are scored; a new connection resumes after the last post. @returns a function that stops */
export function followPosts({ subreddit, onPosts, onOpen }: FollowPosts): () => void {
  let after: string | undefined
  return follow({
    document: PostScoredDocument,
    variables: (closedMs) => {
      if (closedMs > LONGEST_BREAK_MS) after = undefined
      return { subreddit, after }
    },
    onItems: (items) => {
      after = items.at(-1)!.postScored.cursor
      onPosts(items.map(({ postScored }) => postScored.post))
    },
    onOpen: () => onOpen(after !== undefined),
    onRefused: (error) => {
      // The cursor belongs to another log, or to a log that was since restored from an older state.
      const isForeign = error.code === 'BAD_USER_INPUT' && after !== undefined
      if (isForeign) after = undefined
      return isForeign
    },
  })
}
