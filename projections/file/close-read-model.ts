import Sqlite, { type Database } from 'better-sqlite3'
import { emptyWriteAheadLog } from './write-ahead-log.ts'

/**
 * Closes a read model's file so that users with only read rights can open it while no projector runs. The last connection
 * to be closed deletes the write-ahead log and its index (-wal and -shm), and SQLite opens a file in WAL mode without them
 * only for a user who may create them. A read-only connection cannot delete them, so one is closed last. Switching to
 * another journal mode was rejected, because a reader could then keep the next projector from switching back.
 */
export function closeReadModel(database: Database): void {
  const last = openReadOnly(database)
  try {
    database.close()
  } finally {
    last?.close()
  }
}

/** @returns undefined when the file cannot be read any more, so that its write-ahead log need not be kept */
function openReadOnly(database: Database): Database | undefined {
  let last: Database | undefined
  try {
    emptyWriteAheadLog(database)
    last = new Sqlite(database.name, { readonly: true, fileMustExist: true, timeout: 0 })
    // A connection opens the write-ahead log at its first read.
    last.prepare('SELECT count(*) FROM sqlite_schema').get()
    return last
  } catch {
    last?.close()
    return undefined
  }
}
