import type { JetStreamManager } from '@nats-io/jetstream'
import type { Database } from 'better-sqlite3'
import type { NatsConnection } from '@nats-io/transport-node'
import { type DeadLetter, publishDeadLetter } from '../schema/dead-letters.ts'

/** In work at once, each with up to 1 MB here and as much from the log. */
const PAGE = 32

export interface OutboxOptions {
  readonly database: Database
  readonly connection: NatsConnection
  readonly jsm: JetStreamManager
  /** Whose letters they are: the last token of their subject. */
  readonly process: string
  /** Told that a letter was dropped unsent, whose text is still in the write-ahead log. */
  readonly onDropped: () => void
}

/**
 * Sends rejected events to DEAD. They were stored in the transaction that passed over them, and each stays until DEAD has
 * it: a crash in between sends it again, and the message id drops the second copy.
 *
 * A letter may have waited here while its event was erased, and the erasure may still lie ahead of the checkpoint: to send
 * it then would bring the text back. So the log is asked each time, and what it no longer holds is dropped.
 */
export class DeadLetterOutbox {
  readonly #options: OutboxOptions
  readonly #select
  readonly #delete
  #sending: Promise<unknown> = Promise.resolve()

  constructor(options: OutboxOptions) {
    const { database } = options
    this.#options = options
    this.#select = database.prepare<[], DeadLetter>(
      `SELECT * FROM dead_letters ORDER BY stream, sequence LIMIT ${PAGE}`,
    )
    this.#delete = database.prepare<[string, number]>('DELETE FROM dead_letters WHERE stream = ? AND sequence = ?')
  }

  /** Settled once the letters that are on their way by now have arrived, or have failed to. */
  get sending(): Promise<unknown> {
    return this.#sending
  }

  /** Publishes all that is waiting. @throws the first failure, after the others of its page were sent */
  async drain(): Promise<void> {
    for (let letters = this.#select.all(); letters.length > 0; letters = this.#select.all()) {
      const sent = Promise.allSettled(letters.map((letter) => this.#send(letter)))
      this.#sending = sent
      const outcomes = await sent
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
    // Other bytes are those of a stream that was made anew.
    return message !== null && Buffer.compare(message.data, data) === 0
  }
}
