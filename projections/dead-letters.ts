import type { Database } from 'better-sqlite3'
import type { NatsConnection } from '@nats-io/transport-node'
import { publishDeadLetter, type DeadLetter } from '../schema/runtime/dead-letter.ts'

const PAGE = 100

/**
 * Sends rejected events to DEAD. They were stored in the transaction that passed over them, and each stays until DEAD has
 * it: a crash in between sends it again, and the message id drops the second copy.
 */
export class DeadLetterOutbox {
  readonly #connection: NatsConnection
  readonly #process: string
  readonly #select
  readonly #delete

  constructor(database: Database, connection: NatsConnection, process: string) {
    this.#connection = connection
    this.#process = process
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
    await publishDeadLetter(this.#connection, this.#process, letter)
    this.#delete.run(letter.stream, letter.sequence)
  }
}
