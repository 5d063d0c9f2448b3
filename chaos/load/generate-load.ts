import {
  encodeEvent,
  EVENTS,
  messageIdOf,
  subjectOf,
  type GravitasEvent,
  type PostErased,
  type PostSubmitted,
} from '../../schema/events.ts'
import { hourCovered } from '../../schema/testing/builders.ts'
import type { Draw } from '../random.ts'
import type { Fact, History } from './history.ts'
import { generateOtherCopy, generatePost } from './posts.ts'
import { generateRubbish } from './rubbish.ts'

/** A message to publish, and the fact that the history records once the message is stored. */
export interface LoadMessage {
  readonly subject: string
  readonly payload: string | Buffer
  readonly messageId: string
  readonly fact: Fact
}

/** Messages that are published at the same time. A chunk is stored before the next one is published. */
export type Chunk = readonly LoadMessage[]

const CHUNKS = { min: 5, max: 10 }
const MESSAGES = { min: 10, max: 45 }
const OTHER_MODEL = 'other-1'

/**
 * Generates the load of a round: posts, copies of earlier posts with the same or with other content, scores of a second
 * scoring model, erasures, coverage reports and rubbish. A chunk refers only to posts of earlier chunks, so that it is
 * known which copy of a post is the first.
 */
export function generateLoad(draw: Draw, history: History): Chunk[] {
  const known = new Map(history.posts.map((post) => [post.id, post]))
  return Array.from({ length: draw.number(CHUNKS.min, CHUNKS.max) }, () => {
    const chunk = generateChunk(draw, history, [...known.values()])
    for (const { fact } of chunk) {
      if (fact.kind === 'post' && !known.has(fact.post.id)) known.set(fact.post.id, fact.post)
    }
    return chunk
  })
}

function generateChunk(draw: Draw, history: History, known: PostSubmitted[]): Chunk {
  /** A post that this chunk does not refer to yet. */
  const takeKnown = (): PostSubmitted | undefined => {
    const index = draw.number(0, Math.max(0, known.length - 1))
    return known.splice(index, 1)[0]
  }
  return Array.from({ length: draw.number(MESSAGES.min, MESSAGES.max) }, () => {
    const kind = draw.number(1, 100)
    if (kind > 97) return toRubbishMessage(draw, history)
    if (kind > 94) return toCoverage(draw, history)
    const post = kind > 70 ? takeKnown() : undefined
    if (post === undefined) return toPostMessage(generatePost(draw, history))
    const copyId = `copy:${history.nextNumber()}`
    if (kind > 92) return toErasureMessage(post)
    if (kind > 87) return toScoreMessage(draw, post)
    // The server drops a message with the first copy's id only within its duplicate window.
    const messageId = draw.chance(0.3) ? EVENTS.PostSubmitted.messageId(post) : copyId
    return toPostMessage(kind > 82 ? generateOtherCopy(draw, post) : post, messageId)
  })
}

const toPostMessage = (post: PostSubmitted, messageId = messageIdOf(post)): LoadMessage => ({
  ...toMessage(post),
  messageId,
  fact: { kind: 'post', post },
})

/** An erasure without sequences, which asks the eraser to delete the messages. */
function toErasureMessage({ id, subreddit, created_utc }: PostSubmitted): LoadMessage {
  const event: PostErased = { type: 'PostErased', post_id: id, subreddit, created_utc, reason: 'chaos' }
  return { ...toMessage(event), fact: { kind: 'erasure', id } }
}

function toScoreMessage(draw: Draw, { id, subreddit, created_utc }: PostSubmitted): LoadMessage {
  const seriousness = Number.parseInt(id.slice(-2), 36) / 10_000
  const score = { type: 'PostScored', post_id: id, subreddit, created_utc, model: OTHER_MODEL, seriousness } as const
  return { ...toMessage(score), messageId: `score:${draw.number(0, 1e9)}`, fact: { kind: 'score', score } }
}

function toCoverage(draw: Draw, history: History): LoadMessage {
  const report = hourCovered({
    source: 'chaos',
    subreddit: draw.pick([null, 'AskScience', 'memes', 'unread']),
    hour_utc: 1_731_002_400 + 3_600 * draw.number(0, 5),
    seen: history.nextNumber(),
    coverage: draw.number(0, 100) / 100,
  })
  return { ...toMessage(report), fact: { kind: 'coverage', report } }
}

function toRubbishMessage(draw: Draw, history: History): LoadMessage {
  const number = history.nextNumber()
  const { subject, payload, reportedBy } = generateRubbish(draw, number)
  return { subject, payload, messageId: `rubbish:${number}`, fact: { kind: 'rubbish', payload, reportedBy } }
}

const toMessage = (event: GravitasEvent): Omit<LoadMessage, 'fact'> => ({
  subject: subjectOf(event),
  payload: encodeEvent(event),
  messageId: messageIdOf(event),
})
