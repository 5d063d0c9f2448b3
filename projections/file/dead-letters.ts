import { JetStreamApiError, type StoredMsg } from '@nats-io/jetstream'
import type { Database } from 'better-sqlite3'
import {
  deadSubject,
  letterOfEvent,
  ORDER_HEADER,
  SEQUENCE_HEADER,
  type DeadLetter,
} from '../../schema/dead-letters.ts'
import { decodeEvent } from '../../schema/decode-event.ts'
import { digestOf } from '../../schema/digest.ts'
import type { Health } from '../../schema/heartbeat.ts'
import { reportWaiting } from '../../schema/outbox/letter-sender.ts'
import { publishLetter, type LetterConnection } from '../../schema/outbox/send-letter.ts'
import { EventRejectedError } from '../../schema/runtime/errors.ts'
import { DEAD, type StreamName } from '../../schema/streams.ts'
import type { Projection } from '../projection.ts'
import { Checkpoints } from './checkpoint.ts'

/** How many events are read from the log at a time. Each takes up to 1 MB of memory. */
const PAGE = 32
/** Error codes of nats-server: another letter with the same subject has arrived, or is arriving in a cluster. */
const WRONG_LAST_SEQUENCE: ReadonlySet<number> = new Set([10_071, 10_164])

export interface OutboxOptions extends Omit<LetterConnection, 'process'> {
  readonly database: Database
  readonly projection: Pick<Projection<unknown>, 'name' | 'version' | 'reports'>
  readonly health: Health
  /** Called when a letter was dropped unsent: its text may still be in the write-ahead log. */
  readonly onDropped: () => void
}

/** The last letter of this read model in DEAD. */
interface LastLetter {
  /** Its sequence in DEAD; 0 if there is none. */
  readonly at: number
  /** The event that it is about. All rejected events up to it have letters; 0 if that is not known. */
  readonly event: number
}

/**
 * Sends rejected events to DEAD. Each was noted in the transaction that skipped it, and its row is deleted once DEAD has
 * its letter. A row holds none of the event: it is read from the log, and rejected again, when the letter is sent. So the
 * file stays small while DEAD takes no letters, and an event that was erased meanwhile is not sent. While a row exists,
 * its letter may still be on its way to DEAD.
 *
 * An event gets one letter, however many hosts follow the log and however often a file is built again. The letters of a
 * read model are sent one after another, in the order of the events, and the server takes each only if no other one has
 * arrived since the last letter was read. The last letter in DEAD therefore says which events have letters. Message ids
 * would not be enough, because DEAD forgets them after a day.
 */
export class DeadLetterOutbox {
  readonly #options: OutboxOptions
  readonly #to: LetterConnection
  readonly #checkpoints: Checkpoints
  readonly #count
  readonly #select
  readonly #delete
  readonly #deleteErased

  constructor(options: OutboxOptions) {
    const { database, connection, jsm, projection } = options
    this.#options = options
    this.#to = { connection, jsm, process: projection.name }
    this.#checkpoints = new Checkpoints(database)
    this.#count = database.prepare<[], number>('SELECT count(*) FROM dead_letters').pluck()
    this.#select = database
      .prepare<[string, number], number>('SELECT sequence FROM dead_letters WHERE stream = ? ORDER BY sequence LIMIT ?')
      .pluck()
    this.#delete = database.prepare<[string, number]>('DELETE FROM dead_letters WHERE stream = ? AND sequence = ?')
    this.#deleteErased = database.prepare('DELETE FROM dead_letters INDEXED BY erased_dead_letters WHERE is_erased = 1')
  }

  /** Publishes all waiting letters. @throws the failure that left the others waiting */
  async drain(): Promise<void> {
    const { database, health } = this.#options
    const waiting = { health, process: this.#to.process, path: database.name, count: () => this.#count.get()! }
    try {
      await this.#sendAll()
      reportWaiting(waiting, undefined)
    } catch (error) {
      reportWaiting(waiting, error)
      throw error
    }
  }

  async #sendAll(): Promise<void> {
    let sequences = this.#nextPage()
    if (sequences.length === 0) return
    let last = await this.#readLast()
    for (; sequences.length > 0; sequences = this.#nextPage()) {
      const messages = await Promise.all(sequences.map((sequence) => this.#read(sequence)))
      for (const [index, sequence] of sequences.entries()) {
        last = await this.#send(messages[index]!, sequence, last)
        this.#delete.run(this.#stream, sequence)
      }
    }
  }

  /** Letters of erased events are dropped first, because an erasure waits for them, also while DEAD takes no letters. */
  #nextPage(): number[] {
    if (this.#deleteErased.run().changes > 0) this.#options.onDropped()
    return this.#select.all(this.#stream, PAGE)
  }

  /** Without such a stream, there are no rows. */
  get #stream(): StreamName {
    return this.#options.projection.reports!
  }

  #read(sequence: number): Promise<StoredMsg | null> {
    return this.#options.jsm.streams.getMessage(this.#stream, { seq: sequence })
  }

  /** @returns the last letter in DEAD */
  async #send(message: StoredMsg | null, sequence: number, last: LastLetter): Promise<LastLetter> {
    if (message === null) this.#options.onDropped()
    if (message === null || sequence <= last.event) return last
    const letter = this.#toLetter(message)
    if (letter === undefined) return last
    try {
      const { seq, duplicate } = await publishLetter(this.#to, letter, message.data, last.at)
      return duplicate ? await this.#readLast() : { at: seq, event: sequence }
    } catch (error) {
      if (!(error instanceof JetStreamApiError && WRONG_LAST_SEQUENCE.has(error.code))) throw error
      return this.#send(message, sequence, await this.#readLast())
    }
  }

  async #readLast(): Promise<LastLetter> {
    const message = await this.#options.jsm.streams.getMessage(DEAD, { last_by_subj: deadSubject(this.#to.process) })
    if (message === null) return { at: 0, event: 0 }
    const isOurs = message.header.get(ORDER_HEADER) === this.#order
    return { at: message.seq, event: isOurs ? Number(message.header.get(SEQUENCE_HEADER)) : 0 }
  }

  /**
   * Letters with the same value are sent in the order of the events. Another version may reject events that this one takes,
   * and a stream that was re-created has other events.
   */
  get #order(): string {
    const { name, version } = this.#options.projection
    return `${name} ${version} ${this.#checkpoints.read(this.#stream)?.streamCreated}`
  }

  /** Undefined if the event is valid: then the stream is not the one in which it was rejected. */
  #toLetter({ seq: sequence, subject, data, time }: StoredMsg): DeadLetter | undefined {
    try {
      decodeEvent(data, subject, time.getTime())
      return undefined
    } catch (error) {
      if (!(error instanceof EventRejectedError)) throw error
      const [reason, digest, order] = [error.message, digestOf(data), this.#order]
      return letterOfEvent(this.#to.process, { stream: this.#stream, sequence, subject, reason, digest, order })
    }
  }
}
