import type { Database } from 'better-sqlite3'
import { decodeEvent } from '../../schema/decode-event.ts'
import { digestOf } from '../../schema/digest.ts'
import type { EventType, GravitasEvent } from '../../schema/events.ts'
import { EventRejectedError } from '../../schema/runtime/errors.ts'
import type { StreamName } from '../../schema/streams.ts'
import type { ChangeWriter, Erased, Position, Projection } from '../projection.ts'
import { Checkpoints } from './checkpoint.ts'
import { markUnscrubbed } from './scrubber.ts'

/** One message of the log, as the projector sees it. */
export interface LogMessage extends Position {
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

/** What one transaction did. */
export interface CommitResult {
  readonly applied: number
  /** How many dead letters are to be sent. */
  readonly rejected: number
  /**
   * The last applied sequence of each stream. It is below the last given one when a limit of the projection was
   * reached.
   */
  readonly positions: Readonly<Partial<Record<StreamName, number>>>
  /** Subreddits whose rows changed, in lower case. */
  readonly subreddits: readonly string[]
  readonly erased: Erased | undefined
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
  readonly #eraseDeadLetter
  readonly #begin
  readonly #commit
  readonly #rollback
  readonly #database: Database
  /** Counts of the open transaction. */
  #counts = { applied: 0, rejected: 0 }
  #byType = new Map<EventType, number>()

  constructor(database: Database, projection: Projection<unknown>) {
    this.#database = database
    this.#projection = projection
    this.#writer = projection.createWriter(database)
    this.#checkpoints = new Checkpoints(database)
    this.#insertDeadLetter = database.prepare<[string, number]>(
      'INSERT OR IGNORE INTO dead_letters (stream, sequence) VALUES (?, ?)',
    )
    this.#eraseDeadLetter = database.prepare<[string, number]>(
      'UPDATE dead_letters SET is_erased = 1 WHERE stream = ? AND sequence = ?',
    )
    this.#begin = database.prepare('BEGIN IMMEDIATE')
    this.#commit = database.prepare('COMMIT')
    this.#rollback = database.prepare('ROLLBACK')
  }

  /** @throws SQLite's errors; the transaction is then rolled back, and the process must stop */
  write(batches: readonly StreamBatch[]): CommitResult {
    this.#counts = { applied: 0, rejected: 0 }
    this.#byType.clear()
    this.#begin.run()
    try {
      const positions: Partial<Record<StreamName, number>> = {}
      for (const batch of batches) positions[batch.stream] = this.#applyBatch(batch)
      const { subreddits, erased } = this.#writer.flush()
      if (erased !== undefined) this.#forget(erased)
      this.#commit.run()
      return { ...this.#counts, positions, subreddits, erased }
    } catch (error) {
      if (this.#database.inTransaction) this.#rollback.run()
      throw error
    }
  }

  /** @returns the sequence up to which the stream is applied now */
  #applyBatch({ stream, streamCreated, messages }: StreamBatch): number {
    const from = this.#checkpoints.read(stream)?.sequence ?? 0
    let last: LogMessage | undefined
    for (const message of messages) {
      if (message.sequence <= (last?.sequence ?? from)) continue
      if (!this.#applyMessage(message)) break
      last = message
    }
    if (last === undefined) return from
    this.#checkpoints.write(stream, { sequence: last.sequence, streamCreated, digest: digestOf(last.data) })
    return last.sequence
  }

  /** @returns false when the projection takes no more such events in this transaction */
  #applyMessage(message: LogMessage): boolean {
    let event: GravitasEvent
    try {
      event = decodeEvent(message.data, message.subject, message.storedAtMs)
    } catch (error) {
      if (!(error instanceof EventRejectedError)) throw error
      this.#counts.applied++
      this.#reject(message)
      return true
    }
    if (this.#isLimitReached(event.type)) return false
    this.#counts.applied++
    const change = this.#projection.evolve(event, message)
    if (change !== undefined) this.#writer.apply(change)
    return true
  }

  /** Notes a rejected event, unless the projector of another read model reports those of its stream. */
  #reject({ stream, sequence }: LogMessage): void {
    if (stream !== this.#projection.reports) return
    this.#counts.rejected++
    this.#insertDeadLetter.run(stream, sequence)
  }

  #isLimitReached(type: EventType): boolean {
    const limit = this.#projection.batchLimits?.[type]
    if (limit === undefined) return false
    const count = (this.#byType.get(type) ?? 0) + 1
    this.#byType.set(type, count)
    return count > limit
  }

  /** Marks the letters of erased events, because sending them would bring the erased text back into DEAD. */
  #forget({ messages, texts }: Erased): void {
    for (const { stream, sequence } of messages) this.#eraseDeadLetter.run(stream, sequence)
    markUnscrubbed(this.#database, texts.length > 0)
  }
}
