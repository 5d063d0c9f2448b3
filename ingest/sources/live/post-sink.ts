import { EventRejectedError } from '../../../schema/runtime/errors.ts'
import { letterOfInput } from '../../../schema/dead-letters.ts'
import type { PostsPublisher } from '../../posts-publisher.ts'
import { toPostEvent } from '../../to-post-event.ts'
import { KnownIds } from './known-ids.ts'

type Fields = Readonly<Record<string, unknown>>

/** Stores the posts that a source has read. */
export interface PostSink {
  /**
   * Resolves when all posts are stored. Only then may the source save a position that lies beyond them.
   * @param nowMs the time by the server's clock, milliseconds since the epoch
   * @throws the error that made publishing fail
   */
  store(submissions: readonly Fields[], nowMs: number): Promise<void>
}

/** The fields of a rejected post that are kept in DEAD. The author is never stored. */
const KEPT = ['id', 'name', 'subreddit', 'title', 'selftext', 'created_utc', 'permalink', 'url', 'is_self', 'over_18']

/** An id of a rejected post is not checked, and it becomes a part of a header. */
const MAX_ID_LENGTH = 20

/**
 * The subreddit of a post on a user's own page is `u_` and the user's name. A user's name may contain a hyphen, which no subreddit
 * in an event may.
 */
const OWN_PAGE = /^u_.*-/

/** How many of the newest posts in the log are remembered, so that they are not stored again. */
export const REMEMBERED_POSTS = 20_000

/**
 * Publishes posts under a source's name, but not those that are among the newest in the log: after a stop, or a crash before it
 * saved its position, a source reads some posts again that it had already stored. Invalid posts go to DEAD.
 */
export class PublishingSink implements PostSink {
  readonly #publisher: PostsPublisher
  readonly #source: string
  /** How many posts were left out because no event can hold the name of their user's page. */
  skipped = 0
  readonly #stored: KnownIds
  #position = 0

  /** @param stored ids of the newest posts in the log, including erased ones, which must not be stored again */
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
      // Our own clock may be slow, and an answer from a cache has an old date. The later time refuses fewer valid posts.
      const event = toPostEvent(submission, this.#source, Math.max(nowMs, Date.now()))
      if (this.#stored.has(event.id)) return void this.#publisher.counts.duplicates++
      const fits = this.#publisher.add(event, this.#position)
      if (!fits) throw new EventRejectedError(`longer than ${this.#publisher.maxMessageBytes} bytes`)
      this.#stored.add(event.id)
    } catch (error) {
      if (!(error instanceof EventRejectedError)) throw error
      this.#reject(submission, error.message)
    }
  }

  #reject(submission: Fields, reason: string): void {
    const kept = Object.fromEntries(KEPT.map((key) => [key, submission[key]]))
    const [data, position] = [Buffer.from(JSON.stringify(kept)), String(submission['id']).slice(0, MAX_ID_LENGTH)]
    const headers = { 'Gravitas-Source': this.#source }
    const letter = letterOfInput('ingest', { origin: this.#source, position, reason, data, headers })
    this.#publisher.addDead(letter, this.#position)
  }
}
