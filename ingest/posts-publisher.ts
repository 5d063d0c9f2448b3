import { encodeEvent, EVENTS, type PostSubmitted, subjectOf } from '../schema/events.ts'
import type { DeadLetter } from '../schema/dead-letters.ts'
import type { Outbox } from '../schema/outbox/outbox.ts'
import { MAX_BATCH_MESSAGES, type DurablePublisher, type OutgoingMessage } from '../schema/runtime/publish.ts'

const MAX_BATCH_BYTES = 4_000_000
const BATCHES_IN_FLIGHT = 4
const MAX_CACHED_SUBJECTS = 100_000

/** The outbox of ingest, which keeps rejected input until DEAD has it. */
export type LetterBox = Pick<Outbox, 'store'>

export interface PublishCounts {
  published: number
  duplicates: number
  dead: number
}

interface Batch {
  readonly position: number
  done: boolean
}

/**
 * Collects posts into atomic batches and keeps a few batches in flight. Each message comes with its position in the source, a
 * number that only grows; {@link acknowledged} says up to which position everything is stored. Rejected input is stored in the outbox,
 * so that posts do not wait for DEAD.
 */
export class PostsPublisher {
  readonly counts: PublishCounts = { published: 0, duplicates: 0, dead: 0 }
  /** Everything up to and with this position is stored. */
  acknowledged = 0
  readonly #publisher: DurablePublisher
  readonly #letters: LetterBox
  readonly #subjects = new Map<string, string>()
  /** By message id, because the server refuses a whole batch when an id occurs twice in it. */
  #posts = new Map<string, OutgoingMessage>()
  #dead: DeadLetter[] = []
  #bytes = 0
  #position = 0
  #inFlight: Batch[] = []
  #running = 0
  #error: Error | undefined
  #wake: (() => void) | undefined

  constructor(publisher: DurablePublisher, letters: LetterBox) {
    this.#publisher = publisher
    this.#letters = letters
  }

  /** Whether the caller must await {@link room} before it adds another event. */
  get full(): boolean {
    return this.#running >= BATCHES_IN_FLIGHT || this.#error !== undefined
  }

  /** The most bytes of a message, which depend on the server. */
  get maxMessageBytes(): number {
    return this.#publisher.maxPayloadBytes
  }

  /** Adds an event. @returns false when it is too large for a message; then it was not added */
  add(event: PostSubmitted, position: number): boolean {
    const payload = Buffer.from(encodeEvent(event))
    if (payload.length > this.maxMessageBytes) return false
    if (this.#bytes + payload.length > MAX_BATCH_BYTES) this.flush()
    const messageId = EVENTS.PostSubmitted.messageId({ id: event.id })
    if (this.#posts.has(messageId)) this.counts.duplicates++
    else this.#posts.set(messageId, { subject: this.#subjectOf(event.subreddit), messageId, payload })
    this.#advance(position, payload.length)
    return true
  }

  /** Adds rejected input. */
  addDead(letter: DeadLetter, position: number): void {
    this.#dead.push(letter)
    this.#advance(position, letter.data?.length ?? 0)
  }

  /** Notes that nothing is published for this position. */
  pass(position: number): void {
    this.#position = position
    if (this.#posts.size === 0 && this.#dead.length === 0 && this.#inFlight.length === 0) this.acknowledged = position
  }

  /** Sends the batch collected so far, and does not wait until it is stored. */
  flush(): void {
    if (this.#posts.size === 0 && this.#dead.length === 0) return
    const batch: Batch = { position: this.#position, done: false }
    const [posts, dead] = [[...this.#posts.values()], this.#dead]
    this.#posts = new Map()
    this.#dead = []
    this.#bytes = 0
    this.#inFlight.push(batch)
    this.#running++
    void this.#send(posts, dead, batch)
  }

  /** Resolves when another batch may be sent. @throws the error that made publishing fail */
  async room(): Promise<void> {
    while (this.#running >= BATCHES_IN_FLIGHT && this.#error === undefined) await this.#change()
    if (this.#error !== undefined) throw this.#error
  }

  /** Sends everything and resolves when it is stored. @throws the error that made publishing fail */
  async drain(): Promise<void> {
    this.flush()
    while (this.#running > 0) await this.#change()
    if (this.#error !== undefined) throw this.#error
    this.acknowledged = Math.max(this.acknowledged, this.#position)
  }

  #advance(position: number, bytes: number): void {
    this.#position = position
    this.#bytes += bytes
    const full = this.#posts.size >= MAX_BATCH_MESSAGES || this.#dead.length >= MAX_BATCH_MESSAGES
    if (full || this.#bytes >= MAX_BATCH_BYTES) this.flush()
  }

  async #send(posts: OutgoingMessage[], dead: readonly DeadLetter[], batch: Batch): Promise<void> {
    try {
      if (dead.length > 0) this.#letters.store(dead)
      const outcome = await this.#publisher.publish(posts)
      this.counts.published += outcome.stored
      this.counts.duplicates += outcome.duplicates
      this.counts.dead += dead.length
      batch.done = true
      while (this.#inFlight[0]?.done === true) this.acknowledged = this.#inFlight.shift()!.position
    } catch (error) {
      this.#error ??= error as Error
    } finally {
      this.#running--
      this.#wake?.()
    }
  }

  #change(): Promise<void> {
    return new Promise((resolve) => (this.#wake = resolve))
  }

  #subjectOf(subreddit: string): string {
    const known = this.#subjects.get(subreddit)
    if (known !== undefined) return known
    if (this.#subjects.size >= MAX_CACHED_SUBJECTS) this.#subjects.clear()
    const subject = subjectOf({ type: 'PostSubmitted', subreddit })
    this.#subjects.set(subreddit, subject)
    return subject
  }
}
