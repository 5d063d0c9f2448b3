import { jetstreamManager, type JetStreamManager, type StoredMsg } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { decodeValidEvent } from '../../../../schema/decode-event.ts'
import { POSTS } from '../../../../schema/streams.ts'
import type { StoredPage, StoredPost, StoredPosts } from '../../live/post-log.ts'
import { readErasedAfter, readPostMessages, readSubmittedAfter } from '../../live/read-post-messages.ts'

const SOURCE = 'reddit'

/** Reads the posts in the stream POSTS without a consumer. */
export class LogPosts implements StoredPosts {
  readonly #jsm: JetStreamManager

  private constructor(jsm: JetStreamManager) {
    this.#jsm = jsm
  }

  static async open(connection: NatsConnection): Promise<LogPosts> {
    return new LogPosts(await jetstreamManager(connection))
  }

  async before(utc: number): Promise<number> {
    const { state } = await this.#jsm.streams.info(POSTS)
    const [first] = await readPostMessages(this.#jsm, { start_time: new Date(utc * 1_000), batch: 1 })
    return first === undefined ? state.last_seq : first.seq - 1
  }

  async read(after: number): Promise<StoredPage> {
    const messages = await readSubmittedAfter(this.#jsm, after)
    return { posts: messages.flatMap((message) => toPost(message) ?? []), through: messages.at(-1)?.seq ?? after }
  }

  async erasedAfter(sequence: number): Promise<string[]> {
    const ids: string[] = []
    for (let after = sequence; ;) {
      const messages = await readErasedAfter(this.#jsm, after)
      if (messages.length === 0) return ids
      for (const message of messages) {
        const event = decodeValidEvent(message.data, message.subject, message.time.getTime())
        if (event?.type === 'PostErased') ids.push(event.post_id)
      }
      after = messages.at(-1)!.seq
    }
  }
}

/** Returns the post of a message; undefined when the message is not a valid post from Reddit's API. */
function toPost(message: StoredMsg): StoredPost | undefined {
  const { seq: sequence, time } = message
  const event = decodeValidEvent(message.data, message.subject, time.getTime())
  if (event?.type !== 'PostSubmitted' || event.source !== SOURCE) return undefined
  const { id, subreddit, created_utc: createdUtc } = event
  return { sequence, id, subreddit, createdUtc, storedUtc: time.getTime() / 1_000 }
}
