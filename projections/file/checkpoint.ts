import type { Database } from 'better-sqlite3'
import type { StreamName } from '../../schema/streams.ts'

export interface Checkpoint {
  readonly sequence: number
  /** When the stream was created; another value means another stream of the same name. */
  readonly streamCreated: string
  /** SHA-256 of the event at `sequence`; null before the first, and if the log has no event there. */
  readonly digest: string | null
}

/** The positions of record in a read model's file. Write them inside the transaction that changes the rows. */
export class Checkpoints {
  readonly #select
  readonly #upsert

  constructor(database: Database) {
    this.#select = database.prepare<[string], Checkpoint>(
      'SELECT sequence, stream_created AS streamCreated, digest FROM checkpoints WHERE stream = ?',
    )
    this.#upsert = database.prepare<[string, string, number, string | null]>(
      `INSERT INTO checkpoints (stream, stream_created, sequence, digest) VALUES (?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET
         stream_created = excluded.stream_created, sequence = excluded.sequence, digest = excluded.digest`,
    )
  }

  read(stream: StreamName): Checkpoint | undefined {
    return this.#select.get(stream)
  }

  write(stream: StreamName, checkpoint: Checkpoint): void {
    this.#upsert.run(stream, checkpoint.streamCreated, checkpoint.sequence, checkpoint.digest)
  }
}
