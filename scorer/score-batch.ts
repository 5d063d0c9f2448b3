import { jetstream, type JetStreamClient, type JsMsg } from '@nats-io/jetstream'
import { headers, type NatsConnection } from '@nats-io/transport-node'
import { decodeEvent, encodeEvent, type PostSubmitted } from '../schema/events.ts'
import { toPostKey } from '../schema/post-id.ts'
import { EventRejectedError } from '../schema/runtime/errors.ts'
import { DurablePublisher } from '../schema/runtime/publish.ts'
import { messageIds, POSTS, subjects } from '../schema/subjects.ts'
import type { Model } from './model.ts'
import { RecentPosts } from './recent-posts.ts'
import { toScoreEvent } from './to-score-event.ts'

/** Erasures are for the read models. */
const ERASED_PREFIX = subjects.postErased('')

interface ScorablePost {
  readonly post: PostSubmitted
  readonly sequence: number
  readonly key: number
}

/** From messages of POSTS to stored scores. */
export class BatchScorer {
  readonly #model: Model
  readonly #publisher: DurablePublisher
  readonly #js: JetStreamClient
  readonly #recent = new RecentPosts()

  constructor(connection: NatsConnection, model: Model) {
    this.#model = model
    this.#publisher = new DurablePublisher(connection)
    this.#js = jetstream(connection)
  }

  /**
   * Scores a batch of at most 1,000 messages and acknowledges them once their scores are stored, or, for what is no post,
   * once it is in DEAD. On an error nothing is acknowledged, and the server delivers the batch again.
   * @returns how many scores were stored
   */
  async process(messages: readonly JsMsg[]): Promise<number> {
    const posts: ScorablePost[] = []
    const inBatch = new Set<number>()
    const rejected: Promise<void>[] = []
    for (const message of messages) {
      const { streamSequence: sequence, timestampNanos } = message.info
      try {
        if (message.subject.startsWith(ERASED_PREFIX)) continue
        const event = decodeEvent(message.data, timestampNanos / 1e6)
        if (event.type !== 'PostSubmitted')
          throw new EventRejectedError(`${event.type} under a subject of PostSubmitted`)
        const key = toPostKey(event.id)
        if (inBatch.has(key) || this.#recent.has(key)) continue
        inBatch.add(key)
        posts.push({ post: event, sequence, key })
      } catch (error) {
        if (!(error instanceof EventRejectedError)) throw error
        rejected.push(this.#reject(message, sequence, error.message))
      }
    }
    await Promise.all([this.#score(posts), ...rejected])
    for (const { key } of posts) this.#recent.add(key)
    for (const message of messages) message.ack()
    return posts.length
  }

  async #score(posts: readonly ScorablePost[]): Promise<void> {
    const seriousness = await this.#model.score(posts.map(({ post }) => post))
    const { name } = this.#model
    await this.#publisher.publish(
      posts.map(({ post, sequence }, index) => ({
        subject: subjects.postScored(name, post.subreddit),
        messageId: messageIds.score(name, post.id),
        payload: encodeEvent(toScoreEvent(post, sequence, name, seriousness[index]!)),
      })),
    )
  }

  async #reject(message: JsMsg, sequence: number, reason: string): Promise<void> {
    const set = headers()
    set.set('Gravitas-Reason', reason.replaceAll(/[\r\n]+/g, ' '))
    set.set('Gravitas-Stream', POSTS)
    set.set('Gravitas-Sequence', String(sequence))
    set.set('Gravitas-Subject', message.subject)
    const msgID = messageIds.dead('scorer', POSTS, sequence)
    await this.#js.publish(subjects.dead('scorer'), message.data, { headers: set, msgID })
  }
}
