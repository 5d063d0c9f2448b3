import { EventRejectedError } from '../../../schema/runtime/errors.ts'
import { deadMessageId, deadSubject } from '../../../schema/dead-letters.ts'
import { MAX_MESSAGE_BYTES, type PostsPublisher } from '../../posts-publisher.ts'
import { toPostEvent } from '../../to-post-event.ts'
import { KnownIds } from './known-ids.ts'

type Fields = Readonly<Record<string, unknown>>

/** Takes what a source has read. */
export interface PostSink {
  /**
   * Resolves when all of it is stored, so that a position may be kept that counts on it.
   * @param nowMs the server's clock, milliseconds since the epoch
   * @throws what made publishing fail
   */
  store(submissions: readonly Fields[], nowMs: number): Promise<void>
}

/** What a rejected post may leave behind: the fields of an event, and no author. */
const KEPT = ['id', 'name', 'subreddit', 'title', 'selftext', 'created_utc', 'permalink', 'url', 'is_self', 'over_18']

/** A post on a user's own page: its subreddit is `u_` and the name, in which a hyphen is allowed. */
const OWN_PAGE = /^u_.*-/

/** How many of the newest posts in the log are not stored again. */
export const REMEMBERED_POSTS = 20_000

/**
 * Publishes posts under a source's name, but none that is among the newest in the log: a source that was stopped, or killed
 * before it kept its position, meets posts again that it has stored. What is no valid post goes to DEAD.
 */
export class PublishingSink implements PostSink {
  readonly #publisher: PostsPublisher
  readonly #source: string
  /** Posts on pages of users whose names no event can carry. */
  skipped = 0
  readonly #stored: KnownIds
  #position = 0

  /** @param stored ids of the newest posts in the log, erased ones too: nothing brings those back */
  constructor(publisher: PostsPublisher, source: string, stored: Iterable<string> = []) {
    this.#publisher = publisher
    this.#source = source
    this.#stored = new KnownIds(REMEMBERED_POSTS, stored)
  }

  async store(submissions: readonly Fields[], nowMs: number): Promise<void> {
    if (submissions.length === 0) return
    for (const submission of submissions) {
      this.#add(submission, nowMs)
      if (this.#publisher.full) await this.#publisher.room()
    }
    await this.#publisher.drain()
  }

  #add(submission: Fields, nowMs: number): void {
    if (OWN_PAGE.test(String(submission['subreddit']))) return void this.skipped++
    this.#position++
    try {
      // Our own clock may be behind, and so may an answer from a cache.
      const event = toPostEvent(submission, this.#source, Math.max(nowMs, Date.now()))
      if (this.#stored.has(event.id)) return void this.#publisher.counts.duplicates++
      const fits = this.#publisher.add(event, this.#position)
      if (!fits) throw new EventRejectedError(`longer than ${MAX_MESSAGE_BYTES} bytes`)
      this.#stored.add(event.id)
    } catch (error) {
      if (!(error instanceof EventRejectedError)) throw error
      this.#reject(submission, error.message)
    }
  }

  #reject(submission: Fields, reason: string): void {
    const kept = Object.fromEntries(KEPT.map((key) => [key, submission[key]]))
    const payload = Buffer.from(JSON.stringify(kept)).subarray(0, MAX_MESSAGE_BYTES)
    const messageId = deadMessageId('ingest', `${this.#source}:${String(submission['id'])}`, 0)
    const headers = { 'Gravitas-Reason': reason, 'Gravitas-Source': this.#source }
    this.#publisher.addDead({ subject: deadSubject('ingest'), messageId, payload, headers }, this.#position)
  }
}
