import type { Database } from 'better-sqlite3'
import type { StreamName } from '../../schema/streams.ts'
import { readMeta, writeMeta } from './database.ts'

/** For each stream the run of a server since whose start the stream was read again, in rows of `meta`. */
export class Rereadings {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /** @param server the id of a run of nats-server: another one after each start */
  isDone(stream: StreamName, server: string): boolean {
    return readMeta(this.#database, rowOf(stream)) === server
  }

  setDone(stream: StreamName, server: string): void {
    writeMeta(this.#database, rowOf(stream), server)
  }
}

const rowOf = (stream: StreamName): string => `reread_${stream}`
