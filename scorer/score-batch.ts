import type { JsMsg } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { letterOfEvent, type DeadLetter } from '../schema/dead-letters.ts'
import { digestOf } from '../schema/digest.ts'
import { decodeValidEvent } from '../schema/decode-event.ts'
import { subjectPrefix, toMessage, type PostSubmitted } from '../schema/events.ts'
import { POSTS } from '../schema/streams.ts'
import { toPostKey } from '../schema/post-id.ts'
import type { Outbox } from '../schema/outbox/outbox.ts'
import { DurablePublisher, type OutgoingMessage, type PublisherOptions } from '../schema/runtime/publish.ts'
import type { ScoringModel } from './models/scoring-model.ts'
import { ScoredPostKeys } from './scored-post-keys.ts'
import { scoreEach, UnscorablePostError } from './models/score-each.ts'
import { toScoreEvent } from './to-score-event.ts'

/** Scorers skip erasures, which only read models need. */
const ERASED_PREFIX = subjectPrefix('PostErased')

interface ScorablePost {
  readonly message: JsMsg
  readonly post: PostSubmitted
  readonly sequence: number
  readonly key: number
}

interface UnscorableMessage {
  readonly message: JsMsg
  readonly reason: string
}

interface OutgoingScore extends OutgoingMessage {
  /** Sequence in POSTS of the copy of the post that was scored. */
  readonly copy: number
}

const REDELIVER_AFTER_MS = 5_000

export interface BatchScorerOptions {
  readonly connection: NatsConnection
  readonly model: ScoringModel
  /** Keeps dead letters until DEAD has them. */
  readonly letters: Pick<Outbox, 'store'>
  readonly publishing?: PublisherOptions
}

/** Turns messages of POSTS into stored scores. */
export class BatchScorer {
  readonly #model: ScoringModel
  readonly #publisher: DurablePublisher
  readonly #letters: Pick<Outbox, 'store'>
  #recent = new ScoredPostKeys()
  /** The posts of the batches that are being processed. */
  #inWork = new Set<number>()
  /** The greatest sequence of a first delivery. */
  #lastSequence = 0

  constructor({ connection, model, letters, publishing = {} }: BatchScorerOptions) {
    this.#model = model
    this.#publisher = new DurablePublisher(connection, publishing)
    this.#letters = letters
  }

  /**
   * Scores a batch of at most 1,000 messages and acknowledges them once their scores are stored. A message that is not
   * a valid post is skipped: the projector of a read model sends it to DEAD. A post that the scoring model cannot score gets
   * a dead letter from here. On an error no post is acknowledged, and the server delivers the batch again.
   * @returns how many scores were stored
   */
  async process(messages: readonly JsMsg[]): Promise<number> {
    const posts: ScorablePost[] = []
    for (const message of messages) this.#sort(message, posts)
    const [recent, inWork] = [this.#recent, this.#inWork]
    let unscorable: UnscorableMessage[]
    try {
      unscorable = await this.#score(posts)
      // A post without a score is not remembered, because it may be sent again from DEAD.
      const failed = new Set(unscorable.map(({ message }) => message))
      for (const { message, key } of posts) if (!failed.has(message)) recent.add(key)
    } finally {
      for (const { key } of posts) inWork.delete(key)
    }
    if (unscorable.length > 0) this.#letters.store(unscorable.map(toLetter))
    for (const message of messages) message.ack()
    return posts.length - unscorable.length
  }

  #sort(message: JsMsg, posts: ScorablePost[]): void {
    if (message.subject.startsWith(ERASED_PREFIX)) return
    const { streamSequence: sequence, timestampNanos } = message.info
    if (!message.redelivered) this.#follow(sequence)
    const post = decodeValidEvent(message.data, message.subject, timestampNanos / 1e6)
    if (post?.type !== 'PostSubmitted') return
    const key = toPostKey(post.id)
    // The first delivery of this message, or a later copy of the post, is still being processed. If this delivery were
    // acknowledged and that processing failed, the post would be lost.
    if (message.redelivered && this.#inWork.has(key)) return message.nak(REDELIVER_AFTER_MS)
    // Of the copies of a post the first counts. Posts come in the order of POSTS, so a known post is a later copy of
    // it, except if it is redelivered: then a later copy may have been scored before it.
    if (!message.redelivered && (this.#inWork.has(key) || this.#recent.has(key))) return
    this.#inWork.add(key)
    posts.push({ message, post, sequence, key })
  }

  /**
   * First deliveries come in the order of the stream. Where they go back, the stream was created again or restored from an
   * older copy: the log may lack the scores of the posts that are known here.
   */
  #follow(sequence: number): void {
    if (sequence <= this.#lastSequence) {
      this.#recent = new ScoredPostKeys()
      this.#inWork = new Set()
    }
    this.#lastSequence = sequence
  }

  /** Stores the scores of a batch. @returns the posts that the scoring model cannot score */
  async #score(posts: readonly ScorablePost[]): Promise<UnscorableMessage[]> {
    const scores = await scoreEach(
      this.#model,
      posts.map(({ post }) => post),
    )
    const { name } = this.#model
    const unscorable: UnscorableMessage[] = []
    const events: OutgoingScore[] = []
    for (const [index, { message, post, sequence }] of posts.entries()) {
      const seriousness = scores[index]!
      if (seriousness instanceof UnscorablePostError) unscorable.push({ message, reason: seriousness.message })
      else events.push({ ...toMessage(toScoreEvent(post, sequence, name, seriousness)), copy: sequence })
    }
    await this.#store(events)
    return unscorable
  }

  /**
   * Publishes scores. The message id of a score names the post and not the copy that was scored, so the server drops the
   * score of a copy if another scorer has just stored that of another copy. The read models need the score of the first
   * copy: dropped scores are published again, with a message id that names the copy.
   */
  async #store(scores: readonly OutgoingScore[]): Promise<void> {
    const { dropped } = await this.#publisher.publish(scores)
    const isDropped = new Set(dropped)
    const again = scores.flatMap((score) => (isDropped.has(score) ? [toCopyMessage(score)] : []))
    await this.#publisher.publish(again)
  }
}

const toLetter = ({ message: { seq: sequence, subject, data }, reason }: UnscorableMessage): DeadLetter =>
  letterOfEvent('scorer', { stream: POSTS, sequence, subject, reason, digest: digestOf(data) })

/** The score with a message id that names the copy that was scored. */
const toCopyMessage = (score: OutgoingScore): OutgoingMessage => ({
  ...score,
  messageId: `${score.messageId}:${score.copy}`,
})
