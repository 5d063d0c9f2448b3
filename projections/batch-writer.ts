import type { Database } from 'better-sqlite3'
import { decodeEvent } from '../schema/decode-event.ts'
import type { GravitasEvent } from '../schema/events.ts'
import { POSTS, SCORES, type StreamName } from '../schema/streams.ts'
import { EventRejectedError } from '../schema/runtime/errors.ts'
import { Checkpoints, digestOf } from './checkpoint.ts'
import type { ChangeWriter, Projection } from './projection.ts'
import { markUnscrubbed } from './scrubber.ts'

/** One message of the log, as the projector sees it. */
export interface LogMessage {
  readonly stream: StreamName
  readonly sequence: number
  readonly subject: string
  readonly data: Uint8Array
  /** When the log stored it, milliseconds since the epoch. */
  readonly storedAtMs: number
}

/** Consecutive messages of one stream, oldest first. */
export interface StreamBatch {
  readonly stream: StreamName
  readonly streamCreated: string
  readonly messages: readonly LogMessage[]
}

interface Counts {
  applied: number
  rejected: number
  /** Erasures: what they took away is still in the write-ahead log. */
  erased: number
}

interface CommitResult extends Readonly<Counts> {
  /** In lower case, those whose rows changed. */
  readonly subreddits: readonly string[]
  /** Texts that left the rows: copies of them may be left in the file. */
  readonly erasedTexts: readonly string[]
}

/**
 * Applies batches of messages to a read model: rows, dead letters and checkpoints change in one transaction.
 * Messages at or below the checkpoint are skipped, so that a redelivery is harmless.
 */
export class BatchWriter {
  readonly #projection: Projection<unknown>
  readonly #writer: ChangeWriter<unknown>
  readonly #checkpoints: Checkpoints
  readonly #insertDeadLetter
  readonly #dropDeadLetter
  readonly #begin
  readonly #commit
  readonly #rollback
  readonly #database: Database

  constructor(database: Database, projection: Projection<unknown>) {
    this.#database = database
    this.#projection = projection
    this.#writer = projection.createWriter(database)
    this.#checkpoints = new Checkpoints(database)
    this.#insertDeadLetter = database.prepare<[string, number, string, string, Uint8Array]>(
      'INSERT OR IGNORE INTO dead_letters (stream, sequence, subject, reason, data) VALUES (?, ?, ?, ?, ?)',
    )
    this.#dropDeadLetter = database.prepare<[string, number]>(
      'DELETE FROM dead_letters WHERE stream = ? AND sequence = ?',
    )
    this.#begin = database.prepare('BEGIN IMMEDIATE')
    this.#commit = database.prepare('COMMIT')
    this.#rollback = database.prepare('ROLLBACK')
  }

  /** @throws what SQLite throws; the transaction is rolled back and the process should not go on */
  write(batches: readonly StreamBatch[]): CommitResult {
    this.#begin.run()
    try {
      const counts = { applied: 0, rejected: 0, erased: 0 }
      for (const batch of batches) this.#applyBatch(batch, counts)
      const subreddits = this.#writer.flush()
      const erasedTexts = this.#writer.takeErasedTexts?.() ?? []
      if (erasedTexts.length > 0) markUnscrubbed(this.#database)
      this.#commit.run()
      return { ...counts, subreddits, erasedTexts }
    } catch (error) {
      if (this.#database.inTransaction) this.#rollback.run()
      throw error
    }
  }

  #applyBatch({ stream, streamCreated, messages }: StreamBatch, counts: Counts): void {
    const from = this.#checkpoints.read(stream)?.sequence ?? 0
    let last: LogMessage | undefined
    for (const message of messages) {
      if (message.sequence <= (last?.sequence ?? from)) continue
      this.#applyMessage(message, counts)
      last = message
    }
    if (last === undefined) return
    this.#checkpoints.write(stream, { sequence: last.sequence, streamCreated, digest: digestOf(last.data) })
  }

  #applyMessage(message: LogMessage, counts: Counts): void {
    counts.applied++
    let event: GravitasEvent
    try {
      event = decodeEvent(message.data, message.subject, message.storedAtMs)
    } catch (error) {
      if (!(error instanceof EventRejectedError)) throw error
      counts.rejected++
      this.#insertDeadLetter.run(message.stream, message.sequence, message.subject, error.message, message.data)
      return
    }
    if (event.type === 'PostErased') {
      counts.erased++
      // A letter that still waits to be sent would bring its text back into DEAD.
      for (const sequence of event.post_sequences ?? []) this.#dropDeadLetter.run(POSTS, sequence)
      for (const sequence of event.score_sequences ?? []) this.#dropDeadLetter.run(SCORES, sequence)
    }
    const change = this.#projection.evolve(event, message)
    if (change !== undefined) this.#writer.apply(change)
  }
}
