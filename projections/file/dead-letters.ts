import type { JetStreamManager } from '@nats-io/jetstream'
import type { Database } from 'better-sqlite3'
import type { NatsConnection } from '@nats-io/transport-node'
import { type DeadLetter, publishDeadLetter } from '../../schema/dead-letters.ts'

/** How many letters are sent at a time. Each takes up to 1 MB of memory, and its copy from the log as much again. */
const PAGE = 32

export interface OutboxOptions {
  readonly database: Database
  readonly connection: NatsConnection
  readonly jsm: JetStreamManager
  /** The name of the process that rejected the events, which is the last token of their subject in DEAD. */
  readonly process: string
  /** Called when a letter was dropped unsent: its text is still in the write-ahead log. */
  readonly onDropped: () => void
}

/**
 * Sends rejected events to DEAD. Each was stored in the transaction that skipped it, and its row is deleted once DEAD
 * has it. After a crash in between it is sent again, and the server drops the second copy by its message id.
 *
 * An event may be erased while its letter waits here, and sending it then would bring its text back. The row is blanked
 * when the erasure is applied (batch-writer.ts), and even before that the log no longer holds the event. So each letter
 * is compared with the log before it is sent, and dropped if they differ. While a row exists, its letter may still be
 * on its way to DEAD.
 */
export class DeadLetterOutbox {
  readonly #options: OutboxOptions
  readonly #select
  readonly #delete

  constructor(options: OutboxOptions) {
    const { database } = options
    this.#options = options
    this.#select = database.prepare<[], DeadLetter>(
      `SELECT * FROM dead_letters ORDER BY stream, sequence LIMIT ${PAGE}`,
    )
    this.#delete = database.prepare<[string, number]>('DELETE FROM dead_letters WHERE stream = ? AND sequence = ?')
  }

  /** Publishes all waiting letters. @throws the first failure, after the other letters of its page were sent */
  async drain(): Promise<void> {
    for (let letters = this.#select.all(); letters.length > 0; letters = this.#select.all()) {
      const outcomes = await Promise.allSettled(letters.map((letter) => this.#send(letter)))
      const failure = outcomes.find((outcome) => outcome.status === 'rejected')
      if (failure !== undefined) throw failure.reason
    }
  }

  async #send(letter: DeadLetter): Promise<void> {
    const { connection, process, onDropped } = this.#options
    const isInLog = await this.#isInLog(letter)
    if (isInLog) await publishDeadLetter(connection, process, letter)
    this.#delete.run(letter.stream, letter.sequence)
    if (!isInLog) onDropped()
  }

  /**
   * Asks the stream's leader, because it is the first to know of a deletion. @throws when the leader does not answer
   */
  async #isInLog({ stream, sequence, data }: DeadLetter): Promise<boolean> {
    const message = await this.#options.jsm.streams.getMessage(stream, { seq: sequence })
    // The bytes differ when the letter was blanked or the stream was re-created.
    return message !== null && Buffer.compare(message.data, data) === 0
  }
}
