import type { TypedDocumentString } from '../generated/documents.ts'
import { follow } from './follow.ts'

export interface FollowSubreddits<Subreddit> {
  /** A subscription to `subredditUpdated` with the fields that the page shows. */
  readonly document: TypedDocumentString<{ subredditUpdated: Subreddit }, { names: readonly string[] }>
  readonly names: readonly string[]
  /** Called with the latest fields of the subreddits that changed. */
  readonly onChanged: (subreddits: Subreddit[]) => void
  /** The shortest time between two calls of `onChanged`. */
  readonly intervalMs?: number
  /** Called at each connection: earlier changes are not in the stream and have to be loaded. */
  readonly onOpen: () => void
}

/** Follows the figures of subreddits as they change. @returns a function that stops */
export function followSubreddits<Subreddit extends { readonly name: string }>(
  options: FollowSubreddits<Subreddit>,
): () => void {
  const { document, names, onChanged, onOpen, intervalMs } = options
  return follow({
    document,
    variables: () => ({ names }),
    onItems: (items) => {
      const latest = new Map(items.map(({ subredditUpdated }) => [subredditUpdated.name, subredditUpdated]))
      onChanged([...latest.values()])
    },
    onOpen,
    ...(intervalMs !== undefined && { intervalMs }),
  })
}
