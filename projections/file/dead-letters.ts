import type { Database } from 'better-sqlite3'
import { letterOfEvent, type DeadLetter } from '../../schema/dead-letters.ts'
import { digestOf } from '../../schema/digest.ts'
import type { Health } from '../../schema/heartbeat.ts'
import type { WaitingLetters } from '../../schema/outbox/letter-file.ts'
import { LetterSender } from '../../schema/outbox/letter-sender.ts'
import type { LetterConnection } from '../../schema/outbox/send-letter.ts'

export interface OutboxOptions extends LetterConnection {
  readonly database: Database
  readonly health: Health
  /** Called when a letter was dropped unsent: its text may still be in the write-ahead log. */
  readonly onDropped: () => void
}

/**
 * Sends rejected events to DEAD. Each was noted in the transaction that skipped it, and its row is deleted once DEAD has
 * its letter. After a crash in between it is sent again, and the server drops the second copy by its message id.
 *
 * A row holds none of the event's bytes: they are read from the log when the letter is sent. So the file stays small
 * while DEAD takes no letters, and an event that was erased meanwhile is not sent. While a row exists, its letter may
 * still be on its way to DEAD.
 */
export class DeadLetterOutbox {
  readonly #sender: LetterSender

  constructor({ database, ...options }: OutboxOptions) {
    const letters = new LetterTable(database, options.process)
    this.#sender = new LetterSender({ ...options, letters, path: database.name })
  }

  /** Publishes all waiting letters. @throws the last failure, after the other letters of its page were sent */
  async drain(): Promise<void> {
    await this.#sender.sendAll()
  }
}

const DIGEST_PREFIX = 'sha256:'

/** What the column `data` holds of an event: the digest of its bytes. */
export const toReference = (data: Uint8Array): Buffer => Buffer.from(DIGEST_PREFIX + digestOf(data))

const toDigest = (reference: Buffer): string => reference.toString('latin1').slice(DIGEST_PREFIX.length)

interface Row {
  readonly stream: string
  readonly sequence: number
  readonly subject: string
  readonly reason: string
  readonly data: Buffer
}

/** The table `dead_letters` of a read model's file. */
class LetterTable implements WaitingLetters {
  readonly #process: string
  readonly #count
  readonly #select
  readonly #delete

  constructor(database: Database, process: string) {
    this.#process = process
    this.#count = database.prepare<[], number>('SELECT count(*) FROM dead_letters').pluck()
    this.#select = database.prepare<[number, number], Row>(
      'SELECT * FROM dead_letters ORDER BY stream, sequence LIMIT ? OFFSET ?',
    )
    this.#delete = database.prepare<[string, number]>('DELETE FROM dead_letters WHERE stream = ? AND sequence = ?')
  }

  count(): number {
    return this.#count.get()!
  }

  next(limit: number, skip: number): DeadLetter[] {
    return this.#select
      .all(limit, skip)
      .map(({ data, ...event }) => letterOfEvent(this.#process, { ...event, digest: toDigest(data) }))
  }

  remove(letters: readonly DeadLetter[]): void {
    for (const { event } of letters) this.#delete.run(event!.stream, event!.sequence)
  }
}
