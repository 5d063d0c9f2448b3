import type { Database } from 'better-sqlite3'
import { COUNT_LOST_EVENTS } from '../../schema/read-model-file.ts'
import type { StreamName } from '../../schema/streams.ts'
import { subtractRanges, type SequenceRange } from './sequence-ranges.ts'

interface Row {
  readonly first: number
  readonly last: number
  readonly accepted: number
}

/** The table of the sequences that the log no longer has and no erasure explains. Its ranges do not overlap. */
export class LostEvents {
  readonly #database: Database
  readonly #insert
  readonly #delete
  readonly #selectOverlapping
  readonly #count
  readonly #countUpTo

  constructor(database: Database) {
    this.#database = database
    this.#insert = database.prepare<[string, number, number, number]>(
      'INSERT INTO lost_events (stream, first_sequence, last_sequence, accepted) VALUES (?, ?, ?, ?)',
    )
    this.#delete = database.prepare<[string, number]>('DELETE FROM lost_events WHERE stream = ? AND first_sequence = ?')
    this.#selectOverlapping = database.prepare<[string, number, number], Row>(
      `SELECT first_sequence AS first, last_sequence AS last, accepted FROM lost_events
       WHERE stream = ? AND last_sequence >= ? AND first_sequence <= ? ORDER BY first_sequence`,
    )
    this.#count = database.prepare<[], number>(COUNT_LOST_EVENTS).pluck()
    this.#countUpTo = database
      .prepare<[number, string, number], number>(
        `SELECT coalesce(sum(min(last_sequence, ?) - first_sequence + 1), 0) FROM lost_events
         WHERE stream = ? AND first_sequence <= ?`,
      )
      .pluck()
  }

  /** Adds ranges. @returns the parts of them that were not recorded before */
  record(stream: StreamName, ranges: readonly SequenceRange[]): SequenceRange[] {
    return this.#database.transaction(() => {
      const added = ranges.flatMap((range) => {
        const known = this.#selectOverlapping.all(stream, ...range)
        return subtractRanges(
          range,
          known.map(({ first, last }) => [first, last]),
        )
      })
      for (const [first, last] of added) this.#insert.run(stream, first, last, 0)
      return added
    })()
  }

  /** Removes one sequence, because an erasure explains it after all. Call it inside a transaction. */
  remove(stream: StreamName, sequence: number): void {
    const row = this.#selectOverlapping.get(stream, sequence, sequence)
    if (row === undefined) return
    this.#delete.run(stream, row.first)
    if (row.first < sequence) this.#insert.run(stream, row.first, sequence - 1, row.accepted)
    if (row.last > sequence) this.#insert.run(stream, sequence + 1, row.last, row.accepted)
  }

  /** How many sequences of a stream up to `last` are recorded, accepted ones included. */
  countUpTo(stream: StreamName, last: number): number {
    return this.#countUpTo.get(last, stream, last) ?? 0
  }

  /** How many lost events nobody has accepted. */
  count(): number {
    return this.#count.get() ?? 0
  }

  /** Marks all recorded lost events as accepted. @returns how many events were not accepted before */
  acceptAll(): number {
    return this.#database.transaction(() => {
      const count = this.count()
      this.#database.exec('UPDATE lost_events SET accepted = 1')
      return count
    })()
  }
}
