import type { NatsConnection } from '@nats-io/transport-node'
import { toMessage } from '../../../../schema/events.ts'
import { DurablePublisher } from '../../../../schema/runtime/publish.ts'
import type { ErasureLog, GonePost } from '../../live/post-log.ts'

/**
 * Records in POSTS that posts are erased, as the NATS user `ingest`. Read models leave the posts out from then on. To
 * delete their messages takes other rights, which the eraser has (`npm run eraser`).
 */
export class LogErasures implements ErasureLog {
  readonly #publisher: DurablePublisher

  constructor(connection: NatsConnection) {
    this.#publisher = new DurablePublisher(connection)
  }

  async record(posts: readonly GonePost[]): Promise<void> {
    // The events name no sequences: by that the eraser knows that the messages are still to be deleted.
    const events = posts.map(({ id, subreddit, createdUtc, reason }) => {
      return { type: 'PostErased', post_id: id, subreddit, created_utc: createdUtc, reason } as const
    })
    await this.#publisher.publishAll(events.map((event) => toMessage(event)))
  }
}
