import type { NatsConnection } from '@nats-io/transport-node'
import { toMessage } from '../../../../schema/events.ts'
import { DurablePublisher, type PublisherOptions } from '../../../../schema/runtime/publish.ts'
import type { DeletedPost, ErasureLog } from '../../live/post-log.ts'

/**
 * Records erasures in POSTS, as the NATS user `ingest`. From then on read models leave the posts out. The eraser deletes
 * their messages (`npm run eraser`), because the user `ingest` has no right to delete.
 */
export class LogErasures implements ErasureLog {
  readonly #publisher: DurablePublisher

  constructor(connection: NatsConnection, publishing: PublisherOptions = {}) {
    this.#publisher = new DurablePublisher(connection, publishing)
  }

  async record(posts: readonly DeletedPost[]): Promise<void> {
    // The events name no sequences, which tells the eraser that the messages are still to be deleted.
    const events = posts.map(({ id, subreddit, createdUtc, reason }) => {
      return { type: 'PostErased', post_id: id, subreddit, created_utc: createdUtc, reason } as const
    })
    await this.#publisher.publishAll(events.map((event) => toMessage(event)))
  }
}
