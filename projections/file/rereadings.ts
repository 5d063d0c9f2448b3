import type { Database } from 'better-sqlite3'
import type { StreamName } from '../../schema/streams.ts'
import { readMeta, writeMeta } from './database.ts'

/** Rows of `meta` that name, for each stream, the run of nats-server in which the stream was last read again. */
export class Rereadings {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /** @param server the id of a run of nats-server, which changes at each start of the server */
  isDone(stream: StreamName, server: string): boolean {
    return readMeta(this.#database, rowOf(stream)) === server
  }

  setDone(stream: StreamName, server: string): void {
    writeMeta(this.#database, rowOf(stream), server)
  }
}

const rowOf = (stream: StreamName): string => `reread_${stream}`
