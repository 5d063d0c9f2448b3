import { jetstreamManager, type JetStreamManager, type StoredMsg } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { decodeValidEvent } from '../../schema/decode-event.ts'
import type { GravitasEvent, PostSubmitted } from '../../schema/events.ts'
import { POSTS, SCORES } from '../../schema/streams.ts'

/** Short, because a client waits for the answer. */
const TIMEOUT_MS = 2_000
/**
 * After the log did not answer, no request is sent to it for this long, so that a page of posts does not wait once for
 * each post.
 */
const PAUSE_MS = 1_000

/** A score and its sequence in SCORES. */
export interface ScorePlace {
  readonly sequence: number
  readonly postId: string
  readonly model: string
}

/** The log cannot be read: there is no connection, no answer or no stream. */
export class LogUnavailableError extends Error {
  override name = 'LogUnavailableError'
}

/** Reads the post that a score was made from. */
export interface TextSource {
  /** Returns undefined if the log does not have the post. @throws LogUnavailableError */
  read(place: ScorePlace): Promise<PostSubmitted | undefined>
}

/**
 * Reads the texts of posts, which only the log has: a score's event names the event of its post. Nothing is kept, so
 * that no part of an erased post remains. It uses direct gets, which any replica answers.
 */
export class ScoredTexts implements TextSource {
  #jsm: JetStreamManager | undefined
  #pausedUntilMs = Number.NEGATIVE_INFINITY

  async follow(connection: NatsConnection): Promise<void> {
    this.#jsm = await jetstreamManager(connection, { checkAPI: false, timeout: TIMEOUT_MS })
  }

  async read({ sequence, postId, model }: ScorePlace): Promise<PostSubmitted | undefined> {
    const score = await this.#readEvent(SCORES, sequence)
    const isScore = score?.type === 'PostScored' && score.post_id === postId && score.model === model
    if (!isScore || score.post_sequence === undefined) return undefined
    const post = await this.#readEvent(POSTS, score.post_sequence)
    return post?.type === 'PostSubmitted' && post.id === postId ? post : undefined
  }

  async #readEvent(stream: string, sequence: number): Promise<GravitasEvent | undefined> {
    const message = await this.#getMessage(stream, sequence)
    return message === null ? undefined : decodeValidEvent(message.data, message.subject, message.time.getTime())
  }

  async #getMessage(stream: string, sequence: number): Promise<StoredMsg | null> {
    if (this.#jsm === undefined) throw new LogUnavailableError('not connected to NATS')
    if (performance.now() < this.#pausedUntilMs) throw new LogUnavailableError('the log did not answer a moment ago')
    try {
      return await this.#jsm.direct.getMessage(stream, { seq: sequence })
    } catch (cause) {
      this.#pausedUntilMs = performance.now() + PAUSE_MS
      throw new LogUnavailableError(`${stream} does not answer: ${(cause as Error).message}`, { cause })
    }
  }
}
