import type { NatsConnection } from '@nats-io/transport-node'
import { checkEvent } from '../schema/decode-event.ts'
import { encodeEvent, furtherErasureId, messageIdOf, subjectOf, type PostErased } from '../schema/events.ts'
import { DurablePublisher, type OutgoingMessage, type PublisherOptions } from '../schema/runtime/publish.ts'
import { POSTS, SCORES } from '../schema/streams.ts'
import type { PostTrace } from './post-trace.ts'

/** The most sequences that one event names. The limit keeps the event far below the largest size of a message. */
const MAX_SEQUENCES = 10_000

/**
 * Records a PostErased for each post that has none in the log, and another one for messages that none of its PostErased
 * events names. Resolves when they are stored. Posts whose subreddit or time is unknown are left out.
 * @param reason recorded for posts for which no PostErased in the log gives one
 * @param round 1 at first. Later rounds do not use the message id `erased:<id>`, because within the duplicate window
 *   the server would drop the event
 */
export async function recordErasures(
  connection: NatsConnection,
  traces: Iterable<PostTrace>,
  reason: string,
  round: number,
  publishing: PublisherOptions = {},
): Promise<void> {
  const messages = Array.from(traces, (trace) => toMessages(trace, trace.reason ?? reason, round)).flat()
  await new DurablePublisher(connection, publishing).publishAll(messages)
}

type KnownPost = Pick<PostTrace, 'id' | 'subreddit' | 'createdUtc'>

/** Whether enough is known about this post for a PostErased. */
export const isKnown = (post: KnownPost): boolean => toEvent(post, '', [], []) !== undefined

/** Whether {@link recordErasures} has something to record for this post. */
export const isUnrecorded = (trace: PostTrace): boolean =>
  isKnown(trace) &&
  (trace.erasedAt === undefined || trace.unnamed(POSTS).length > 0 || trace.unnamed(SCORES).length > 0)

function toMessages(trace: PostTrace, reason: string, round: number): OutgoingMessage[] {
  const [posts, scores] = [trace.unnamed(POSTS), trace.unnamed(SCORES)]
  if (trace.erasedAt !== undefined && posts.length === 0 && scores.length === 0) return []
  const messages: OutgoingMessage[] = []
  for (let at = 0; at === 0 || at < Math.max(posts.length, scores.length); at += MAX_SEQUENCES) {
    const [somePosts, someScores] = [posts.slice(at, at + MAX_SEQUENCES), scores.slice(at, at + MAX_SEQUENCES)]
    const event = toEvent(trace, reason, somePosts, someScores)
    if (event === undefined) return []
    const isFirst = trace.erasedAt === undefined && at === 0 && round === 1
    messages.push({
      subject: subjectOf(event),
      messageId: isFirst ? messageIdOf(event) : furtherErasureId(event),
      payload: encodeEvent(event),
    })
  }
  return messages
}

/** Undefined when it would not be a valid event. */
function toEvent(
  { id, subreddit, createdUtc }: KnownPost,
  reason: string,
  posts: readonly number[],
  scores: readonly number[],
): PostErased | undefined {
  const event = {
    type: 'PostErased',
    post_id: id,
    subreddit,
    created_utc: createdUtc,
    reason,
    post_sequences: posts,
    score_sequences: scores,
  }
  try {
    return checkEvent(event, Date.now()) as PostErased
  } catch {
    return undefined
  }
}
