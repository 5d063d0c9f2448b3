import { jetstreamManager, type JetStreamManager, type StoredMsg } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { decodeValidEvent } from '../../schema/decode-event.ts'
import type { PostSubmitted } from '../../schema/events.ts'
import { POSTS } from '../../schema/streams.ts'

/** Short, because a client waits for the answer. */
const TIMEOUT_MS = 2_000
/**
 * After the log did not answer, no request is sent to it for this long, so that a page of posts does not wait once for
 * each post.
 */
const PAUSE_MS = 1_000

/** A post and the sequence in POSTS of its copy that was scored. */
export interface ScoredCopy {
  readonly sequence: number
  readonly postId: string
}

/** The log cannot be read: there is no connection, no answer or no stream. */
export class LogUnavailableError extends Error {
  override name = 'LogUnavailableError'
}

/** Reads the post that a score was made from. */
export interface TextSource {
  /** Returns undefined if the log does not have the post. @throws LogUnavailableError */
  read(copy: ScoredCopy): Promise<PostSubmitted | undefined>
}

/**
 * Reads the texts of posts, which only the log has. Nothing is kept, so that no part of an erased post remains. It uses
 * direct gets, which any replica answers.
 */
export class ScoredTexts implements TextSource {
  #jsm: JetStreamManager | undefined
  #pausedUntilMs = Number.NEGATIVE_INFINITY

  async follow(connection: NatsConnection): Promise<void> {
    this.#jsm = await jetstreamManager(connection, { checkAPI: false, timeout: TIMEOUT_MS })
  }

  async read({ sequence, postId }: ScoredCopy): Promise<PostSubmitted | undefined> {
    const message = await this.#getMessage(sequence)
    if (message === null) return undefined
    const post = decodeValidEvent(message.data, message.subject, message.time.getTime())
    return post?.type === 'PostSubmitted' && post.id === postId ? post : undefined
  }

  async #getMessage(sequence: number): Promise<StoredMsg | null> {
    if (this.#jsm === undefined) throw new LogUnavailableError('not connected to NATS')
    if (performance.now() < this.#pausedUntilMs) throw new LogUnavailableError('the log did not answer a moment ago')
    try {
      return await this.#jsm.direct.getMessage(POSTS, { seq: sequence })
    } catch (cause) {
      this.#pausedUntilMs = performance.now() + PAUSE_MS
      throw new LogUnavailableError(`${POSTS} does not answer: ${(cause as Error).message}`, { cause })
    }
  }
}
