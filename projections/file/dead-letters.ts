import type { JetStreamManager } from '@nats-io/jetstream'
import type { Database } from 'better-sqlite3'
import type { NatsConnection } from '@nats-io/transport-node'
import { type DeadLetter, publishDeadLetter } from '../../schema/dead-letters.ts'

/** Letters that are sent at the same time, each with up to 1 MB here and as much from the log. */
const PAGE = 32

export interface OutboxOptions {
  readonly database: Database
  readonly connection: NatsConnection
  readonly jsm: JetStreamManager
  /** Who rejected the events: the last token of their subject in DEAD. */
  readonly process: string
  /** Called when a letter was dropped unsent: its text is still in the write-ahead log. */
  readonly onDropped: () => void
}

/**
 * Sends rejected events to DEAD. Each was stored in the transaction that passed over it, and its row is deleted once DEAD
 * has it: a crash in between sends it again, and the message id drops the second copy.
 *
 * An event may be erased while its letter waits here, and sending it then would bring its text back. The erasure blanks
 * the row when it is applied (batch-writer.ts), and before that the log no longer holds the event: so each letter is
 * compared with the log before it is sent, and dropped where they differ. While a row is there, its letter may still be
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

  /** Publishes all that is waiting. @throws the first failure, after the others of its page were sent */
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

  /** Asks the stream's leader, which knows of a deletion first. @throws where it does not answer */
  async #isInLog({ stream, sequence, data }: DeadLetter): Promise<boolean> {
    const message = await this.#options.jsm.streams.getMessage(stream, { seq: sequence })
    // The bytes differ where the letter was blanked, and where the stream was re-created.
    return message !== null && Buffer.compare(message.data, data) === 0
  }
}
