import type { NatsConnection } from '@nats-io/transport-node'
import { checkEvent } from '../../schema/decode-event.ts'
import { encodeEvent, furtherErasureId, messageIdOf, subjectOf, type PostErased } from '../../schema/events.ts'
import { POSTS, SCORES } from '../../schema/streams.ts'
import { DurablePublisher, type OutgoingMessage } from '../../schema/runtime/publish.ts'
import type { PostTrace } from './post-trace.ts'

/** Keeps the largest event far below the size of a message. */
const MAX_SEQUENCES = 10_000

/**
 * Records a PostErased of each post that has none, and a further one of what none on record names. Resolves once they are
 * stored. What could not be recorded, because subreddit or time are not known, is left out.
 * @param round from the second on, the plain message id has not helped: within the duplicate window it is another's
 */
export async function recordErasures(
  connection: NatsConnection,
  traces: Iterable<PostTrace>,
  reason: string,
  round = 1,
): Promise<void> {
  const messages = Array.from(traces, (trace) => toMessages(trace, reason, round)).flat()
  await new DurablePublisher(connection).publishAll(messages)
}

type Origin = Pick<PostTrace, 'id' | 'subreddit' | 'createdUtc'>

/** Whether a PostErased of this post can be made. */
export const isKnown = (post: Origin): boolean => toEvent(post, '', [], []) !== undefined

/** Whether {@link recordErasures} has something to record of this post. */
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

/** Undefined where it would not be a valid event. */
function toEvent(
  { id, subreddit, createdUtc }: Origin,
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
