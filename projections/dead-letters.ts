import type { Database } from 'better-sqlite3'
import { jetstream, type JetStreamClient } from '@nats-io/jetstream'
import { headers, type NatsConnection } from '@nats-io/transport-node'
import { messageIds, subjects } from '../schema/subjects.ts'

interface DeadLetter {
  readonly stream: string
  readonly sequence: number
  readonly subject: string
  readonly reason: string
  readonly data: Uint8Array
}

const PAGE = 100

/**
 * Sends rejected events to DEAD. They were stored in the transaction that passed over them, and stay until DEAD has them:
 * a crash in between sends them again, and the message id drops the second copy.
 */
export class DeadLetterOutbox {
  readonly #js: JetStreamClient
  readonly #process: string
  readonly #select
  readonly #delete

  constructor(database: Database, connection: NatsConnection, process: string) {
    this.#js = jetstream(connection)
    this.#process = process
    this.#select = database.prepare<[], DeadLetter>(
      `SELECT * FROM dead_letters ORDER BY stream, sequence LIMIT ${PAGE}`,
    )
    this.#delete = database.prepare<[string, number]>('DELETE FROM dead_letters WHERE stream = ? AND sequence = ?')
  }

  /** Publishes all that is waiting. */
  async drain(): Promise<void> {
    for (let letters = this.#select.all(); letters.length > 0; letters = this.#select.all()) {
      await Promise.all(letters.map((letter) => this.#publish(letter)))
      for (const letter of letters) this.#delete.run(letter.stream, letter.sequence)
    }
  }

  async #publish(letter: DeadLetter): Promise<void> {
    const set = headers()
    set.set('Gravitas-Reason', letter.reason.replaceAll(/[\r\n]+/g, ' '))
    set.set('Gravitas-Stream', letter.stream)
    set.set('Gravitas-Sequence', String(letter.sequence))
    set.set('Gravitas-Subject', letter.subject)
    await this.#js.publish(subjects.dead(this.#process), letter.data, {
      headers: set,
      msgID: messageIds.dead(this.#process, letter.stream, letter.sequence),
    })
  }
}
