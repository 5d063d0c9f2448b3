import type { JetStreamManager, StoredMsg } from '@nats-io/jetstream'
import type { Database } from 'better-sqlite3'
import { decodeValidEvent } from '../../schema/decode-event.ts'
import { subjectPattern, type PostErased } from '../../schema/events.ts'
import { infoOfLeader } from '../../schema/replicas.ts'
import { nextMessage } from '../../schema/runtime/next-message.ts'
import { readBatch } from '../../schema/runtime/read-batch.ts'
import { POSTS, SCORES, type StreamName } from '../../schema/streams.ts'
import type { LostEvents } from '../file/lost-events.ts'
import type { SequenceRange } from '../file/sequence-ranges.ts'

const BATCH_MESSAGES = 1_000
/**
 * The row of `meta` that holds the creation time of POSTS and the sequence up to which all of its erasures have been
 * read.
 */
const ERASURES_READ = 'erasures_read'
const NEXT_ERASURE = subjectPattern('PostErased')

/**
 * The sequences that the PostErased events of the log name, kept in a table of the read model's file. Only they explain
 * why a sequence is missing. The server's own list of deleted messages does not, because it also has the messages that
 * the server lost. The table is ahead of the checkpoints: a replay finds a message missing long before it reaches the
 * PostErased that names the message.
 */
export class ErasedSequences {
  readonly #database: Database
  readonly #jsm: JetStreamManager
  readonly #lost: LostEvents
  readonly #insert
  readonly #readPosition
  readonly #writePosition
  readonly #countBetween
  readonly #selectUnnamed
  readonly #selectUnnamedOf

  constructor(database: Database, jsm: JetStreamManager, lost: LostEvents) {
    this.#database = database
    this.#jsm = jsm
    this.#lost = lost
    this.#insert = database.prepare<[string, number]>(
      'INSERT OR IGNORE INTO erased_sequences (stream, sequence) VALUES (?, ?)',
    )
    this.#readPosition = database.prepare<[string], string>('SELECT value FROM meta WHERE name = ?').pluck()
    this.#writePosition = database.prepare<[string, string]>(
      'INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
    )
    this.#countBetween = database
      .prepare<[string, number, number], number>(
        'SELECT count(*) FROM erased_sequences WHERE stream = ? AND sequence BETWEEN ? AND ?',
      )
      .pluck()
    // The sequence after the range ends the last part that is not named.
    this.#selectUnnamed = database
      .prepare<{ stream: string; first: number; last: number }, [number, number]>(
        `SELECT previous + 1, sequence - 1 FROM (
           SELECT sequence, lag(sequence, 1, :first - 1) OVER (ORDER BY sequence) AS previous FROM (
             SELECT sequence FROM erased_sequences WHERE stream = :stream AND sequence BETWEEN :first AND :last
             UNION ALL SELECT :last + 1))
         WHERE sequence > previous + 1 ORDER BY sequence`,
      )
      .raw()
    this.#selectUnnamedOf = database
      .prepare<[string, string], number>(
        `SELECT value FROM json_each(?)
         WHERE value NOT IN (SELECT sequence FROM erased_sequences WHERE stream = ?) ORDER BY value`,
      )
      .pluck()
  }

  /** Whether the erasures that were read so far name all of the sequences first…last. */
  explains(stream: StreamName, first: number, last: number): boolean {
    return this.#countBetween.get(stream, first, last) === last - first + 1
  }

  /** How many sequences of a stream up to `last` are named. */
  countUpTo(stream: StreamName, last: number): number {
    return this.#countBetween.get(stream, 1, last) ?? 0
  }

  /** The parts of first…last that no erasure names. */
  unnamed(stream: StreamName, first: number, last: number): SequenceRange[] {
    return first > last ? [] : this.#selectUnnamed.all({ stream, first, last })
  }

  /** Those of the sequences that no erasure names, ascending. */
  unnamedOf(stream: StreamName, sequences: readonly number[]): number[] {
    return this.#selectUnnamedOf.all(JSON.stringify(sequences), stream)
  }

  /**
   * Reads the erasures that were recorded since the last call. All that were recorded before this call are then in the
   * table, because the leader of POSTS confirms that no more follow. @throws when the log does not answer
   */
  async readNew(): Promise<void> {
    const { created, state } = await infoOfLeader(this.#jsm, POSTS)
    let last = this.#startAfter(created, state.last_seq)
    if (last === state.last_seq) return
    for (let messages = await this.#next(last + 1); messages.length > 0; messages = await this.#next(last + 1)) {
      last = messages.at(-1)!.seq
      this.#add(messages, created, last)
    }
    this.#add([], created, Math.max(last, state.last_seq))
  }

  /** The sequence up to which the last call has read. A stream that was re-created or became shorter is read from its beginning. */
  #startAfter(created: string, lastSequence: number): number {
    const [readCreated, read = 0] = JSON.parse(this.#readPosition.get(ERASURES_READ) ?? '[]') as [string?, number?]
    if (readCreated === created && read <= lastSequence) return read
    this.#database.exec('DELETE FROM erased_sequences')
    return 0
  }

  /** A batch may come from a replica that lags, so the leader is asked whether really nothing follows. */
  async #next(from: number): Promise<StoredMsg[]> {
    const batch = { seq: from, batch: BATCH_MESSAGES, next_by_subj: NEXT_ERASURE }
    const messages = await readBatch(this.#jsm, POSTS, batch)
    if (messages.length > 0) return messages
    const next = await nextMessage(this.#jsm, POSTS, from, NEXT_ERASURE)
    return next === null ? [] : [next]
  }

  #add(messages: readonly StoredMsg[], created: string, last: number): void {
    this.#database.transaction(() => {
      for (const message of messages) {
        for (const [stream, sequence] of namedIn(message)) {
          if (this.#insert.run(stream, sequence).changes === 1) this.#lost.remove(stream, sequence)
        }
      }
      this.#writePosition.run(ERASURES_READ, JSON.stringify([created, last]))
    })()
  }
}

function namedIn({ data, subject, time }: StoredMsg): (readonly [StreamName, number])[] {
  const event = decodeValidEvent(data, subject, time.getTime()) as PostErased | undefined
  const { post_sequences = [], score_sequences = [] } = event ?? {}
  return [
    ...post_sequences.map((sequence) => [POSTS, sequence] as const),
    ...score_sequences.map((sequence) => [SCORES, sequence] as const),
  ]
}
