import type { Pipeline, SubscriptionResolvers } from '../generated/resolvers.ts'
import type { SubredditParent } from '../read-models/subreddit-parent.ts'
import { decodeCursor } from '../protocol/cursor.ts'
import { badInput } from '../protocol/errors.ts'
import type { ScoredPost } from '../live/recent-posts.ts'
import { SCORED_CURSOR } from '../live/scored-pages.ts'
import type { ScoredCursor } from '../live/scored-posts.ts'

const MAX_NAMES = 500

/**
 * The source that `subscribe` returns yields batches of events (plugins/shared-events.ts answers each event); `resolve`
 * is called with one event.
 */
export const Subscription: SubscriptionResolvers = {
  postScored: {
    subscribe: (_, { subreddit, after }, { live, request }) =>
      live.scored.open(subreddit?.toLowerCase(), toCursor(lastEventId(request) ?? after)) as never,
    resolve: (event: unknown) => event as ScoredPost,
  },
  subredditUpdated: {
    subscribe: (_, { names }, { live }) => {
      if ((names?.length ?? 0) > MAX_NAMES)
        throw badInput(`at most ${MAX_NAMES} names: subscribe to the others separately`)
      return live.subreddits.open(names ? new Set(names.map((name) => name.toLowerCase())) : undefined) as never
    },
    resolve: (event: unknown) => event as SubredditParent,
  },
  pipelineUpdated: {
    subscribe: (_, __, { live }) => live.pipeline.open() as never,
    resolve: (event: unknown) => event as Pipeline,
  },
}

/**
 * The id of the last event that the client received. A browser's EventSource reconnects to the same URL with this header,
 * so the header takes precedence over the argument `after` in the URL.
 */
const lastEventId = (request: Request | undefined): string | undefined =>
  request?.headers.get('last-event-id') || undefined

function toCursor(text: string | null | undefined): ScoredCursor | undefined {
  if (text === null || text === undefined) return undefined
  const [sequence, log, promotion]: readonly [number, string, number?] = decodeCursor(
    text,
    SCORED_CURSOR,
    [0, '', 0],
    2,
  )
  for (const part of [sequence, promotion ?? 0])
    if (!Number.isSafeInteger(part) || part < 0) throw badInput('the cursor does not come from postScored')
  return { sequence, log, promotion }
}
