import { PIPELINE_FIELDS, POST_FIELDS, SUBREDDIT_FIELDS } from '../graphql.ts'
import type { Pipeline, Post, SubredditSummary } from '../types.ts'
import { connection } from './connection.svelte.ts'
import { subscribe } from './sse.ts'

/** Gathers what arrives between two frames, so that fifty events a second cost sixty small updates and no more. */
function perFrame<T>(apply: (items: T[]) => void): (item: T) => void {
  let waiting: T[] = []
  return (item) => {
    waiting.push(item)
    if (waiting.length > 1) return
    const flush = (): void => {
      const items = waiting
      waiting = []
      apply(items)
    }
    if (document.hidden) setTimeout(flush, 250)
    else requestAnimationFrame(flush)
  }
}

function open<T>(
  name: string,
  query: string,
  variables: () => Record<string, unknown>,
  onItems: (items: T[]) => void,
): () => void {
  const stop = subscribe<T>({
    document: query,
    variables,
    onData: perFrame(onItems),
    onState: (isLive) => connection.set(name, isLive),
  })
  return () => {
    stop()
    connection.remove(name)
  }
}

/** Calls back with newly scored posts, oldest first; a new connection goes on behind the last one. @returns how to stop */
export function followPosts(subreddit: string | undefined, onPosts: (posts: Post[]) => void): () => void {
  let after: string | undefined
  const query = `subscription ($subreddit: String, $after: String) { postScored(subreddit: $subreddit, after: $after) { cursor post { ${POST_FIELDS} } } }`
  type Data = { postScored: { cursor: string; post: Post } }
  return open<Data>(
    'posts',
    query,
    () => ({ subreddit, after }),
    (items) => {
      after = items.at(-1)!.postScored.cursor
      onPosts(items.map(({ postScored }) => postScored.post))
    },
  )
}

/** Calls back with the latest figures of subreddits as they change. @returns how to stop */
export function followSubreddits<Extra = unknown>(
  names: string[] | undefined,
  onChanged: (subreddits: (SubredditSummary & Extra)[]) => void,
  moreFields = '',
): () => void {
  const query = `subscription ($names: [String!]) { subredditUpdated(names: $names) { ${SUBREDDIT_FIELDS} ${moreFields} } }`
  type Data = { subredditUpdated: SubredditSummary & Extra }
  return open<Data>(
    'subreddits',
    query,
    () => ({ names }),
    (items) => onChanged(items.map((item) => item.subredditUpdated)),
  )
}

/** Calls back with the totals once a second. @returns how to stop */
export function followPipeline(onChanged: (pipeline: Pipeline) => void): () => void {
  const query = `subscription { pipelineUpdated { ${PIPELINE_FIELDS} } }`
  return open<{ pipelineUpdated: Pipeline }>(
    'pipeline',
    query,
    () => ({}),
    (items) => onChanged(items.at(-1)!.pipelineUpdated),
  )
}
