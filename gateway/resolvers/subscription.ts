import { setTimeout as pause } from 'node:timers/promises'
import type { Pipeline, SubscriptionResolvers } from '../../schema/generated/api.ts'
import type { PostRow } from '../../projections/posts/queries.ts'
import type { GatewayContext, SubredditParent } from '../context.ts'
import { decodeCursor, encodeCursor } from '../cursor.ts'
import { badInput } from '../errors.ts'

const CURSOR_KIND = 'scored'
const PIPELINE_INTERVAL_MS = 1_000
const MAX_NAMES = 500

const signalOf = ({ request }: GatewayContext): AbortSignal => request?.signal ?? new AbortController().signal

/** Each scored post once, in the log's order, from a place in it on. A slow reader reads further behind, and loses nothing. */
async function* postsScored(
  context: GatewayContext,
  from: number,
  subreddit: string | undefined,
): AsyncGenerator<{ cursor: string; post: PostRow }> {
  const signal = signalOf(context)
  const leave = context.live.joinScored()
  let at = from
  try {
    while (!signal.aborted) {
      const { rows, next } = context.live.scoredAfter(at, subreddit)
      for (const row of rows) {
        at = row.sequence
        yield { cursor: encodeCursor(CURSOR_KIND, row.sequence), post: row }
        if (signal.aborted) return
      }
      at = Math.max(at, next)
      if (at >= context.live.position) await context.live.nextScored(signal)
    }
  } finally {
    leave()
  }
}

/** The latest figures of changed subreddits. Who reads slowly gets only the latest of each. */
async function* subredditsUpdated(
  context: GatewayContext,
  names: ReadonlySet<string> | undefined,
): AsyncGenerator<SubredditParent> {
  const signal = signalOf(context)
  const waiting = new Map<string, SubredditParent>()
  let wake = (): void => {}
  const stop = context.live.onSubreddits((changed) => {
    const size = waiting.size
    for (const [name, parent] of changed) if (names === undefined || names.has(name)) waiting.set(name, parent)
    if (waiting.size > size) wake()
  })
  const onAbort = (): void => wake()
  signal.addEventListener('abort', onAbort)
  try {
    while (!signal.aborted) {
      const [first] = waiting
      if (first === undefined) {
        await new Promise<void>((resolve) => (wake = resolve))
        continue
      }
      waiting.delete(first[0])
      yield first[1]
    }
  } finally {
    stop()
    signal.removeEventListener('abort', onAbort)
  }
}

async function* pipelineUpdates(context: GatewayContext): AsyncGenerator<Pipeline> {
  const signal = signalOf(context)
  while (!signal.aborted) {
    yield await context.pipeline.read()
    await pause(PIPELINE_INTERVAL_MS, undefined, { signal }).catch(() => {})
  }
}

export const Subscription: SubscriptionResolvers = {
  postScored: {
    subscribe: (_, { subreddit, after }, context) => {
      const from =
        after === null || after === undefined ? context.live.position : decodeCursor(after, CURSOR_KIND, [0])[0]
      return postsScored(context, from, subreddit?.toLowerCase())
    },
    resolve: (event: unknown) => event as { cursor: string; post: PostRow },
  },
  subredditUpdated: {
    subscribe: (_, { names }, context) => {
      if (names !== null && names !== undefined && names.length > MAX_NAMES)
        throw badInput(`at most ${MAX_NAMES} names`)
      return subredditsUpdated(context, names ? new Set(names.map((name) => name.toLowerCase())) : undefined)
    },
    resolve: (event: unknown) => event as SubredditParent,
  },
  pipelineUpdated: {
    subscribe: (_, __, context) => pipelineUpdates(context),
    resolve: (event: unknown) => event as Pipeline,
  },
}
