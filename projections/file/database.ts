import { chmodSync, closeSync, existsSync, openSync, rmSync } from 'node:fs'
import Sqlite, { SqliteError, type Database } from 'better-sqlite3'
import { OperationalError } from '../../schema/runtime/errors.ts'
import { checkpointTables } from './checkpoint-tables.ts'
import type { Projection } from '../projection.ts'

const PRIVATE_MODE = 0o600

/**
 * Opens a read model's file for its one writer, and creates a missing file. `synchronous = NORMAL` is safe here: a commit
 * that is lost in a crash of the machine loses its checkpoint too, so its events are applied again.
 * @param mode the permissions that the file gets; without them a new file is private and an existing one is unchanged
 * @throws OperationalError when the file is damaged or of another projection or version
 */
export function openReadModel(file: string, projection: Projection<unknown>, mode?: number): Database {
  const isNew = !existsSync(file)
  // The write-ahead log of a deleted file must not be applied to the new one.
  if (isNew) for (const suffix of ['-wal', '-shm']) rmSync(file + suffix, { force: true })
  if (isNew) createPrivately(file)
  if (mode !== undefined) setMode(file, mode)
  const database = new Sqlite(file)
  try {
    database.pragma('journal_mode = WAL')
    database.pragma('synchronous = NORMAL')
    database.pragma('secure_delete = ON')
    // In pages. The commit that reaches the limit waits for the checkpoint: 25 ms for 4,000 pages, 100 ms for 16,000.
    database.pragma('wal_autocheckpoint = 4000')
    database.pragma('cache_size = -65536')
    database.pragma('temp_store = MEMORY')
    if (isNew || isEmpty(database)) createTables(database, projection)
    checkIdentity(database, file, projection)
    return database
  } catch (cause) {
    database.close()
    const explained = explainDamage(cause, file)
    if (explained instanceof OperationalError) throw explained
    throw new OperationalError(`Cannot open ${file}: ${(cause as Error).message}. ${REBUILD}`, { cause })
  }
}

/** Creates the file before SQLite does, which gives its `-wal` and `-shm` the same permissions. */
function createPrivately(file: string): void {
  try {
    closeSync(openSync(file, 'a', PRIVATE_MODE))
  } catch (cause) {
    throw new OperationalError(`Cannot create ${file}: ${(cause as Error).message}`, { cause })
  }
}

function setMode(file: string, mode: number): void {
  for (const one of [file, `${file}-wal`, `${file}-shm`].filter(existsSync)) {
    try {
      chmodSync(one, mode)
    } catch {
      // The file belongs to another user, who decides who may read it.
    }
  }
}

const GOES_ON = 'Nothing is lost: the projector starts again by itself and continues from its checkpoint.'
const REBUILD = 'Stop its projector, delete the file and start the projector again: it is rebuilt from the log.'

/** Turns damage that SQLite found, or a full disk, into an error that says what to do. Other errors are returned unchanged. */
export function explainDamage(error: unknown, file: string): unknown {
  if (!(error instanceof SqliteError)) return error
  const isFull = error.code === 'SQLITE_FULL'
  if (isFull) return new OperationalError(`The disk of ${file} is full: free some room. ${GOES_ON}`, { cause: error })
  if (error.code.startsWith('SQLITE_IOERR')) {
    const what = `${file} cannot be read or written (${error.message}, ${error.code}): check its disk, which may be full.`
    return new OperationalError(`${what} ${GOES_ON}`, { cause: error })
  }
  const damaged = /^SQLITE_(CORRUPT|NOTADB)/.test(error.code)
  return damaged ? new OperationalError(`${file} is damaged (${error.message}). ${REBUILD}`, { cause: error }) : error
}

const isEmpty = (database: Database): boolean =>
  database.prepare('SELECT count(*) FROM sqlite_schema').pluck().get() === 0

function createTables(database: Database, projection: Projection<unknown>): void {
  database.transaction(() => {
    database.exec(checkpointTables)
    database.exec(projection.tables)
    const insert = database.prepare('INSERT INTO meta (name, value) VALUES (?, ?)')
    insert.run('projection', projection.name)
    insert.run('version', String(projection.version))
  })()
}

export const readMeta = (database: Database, name: string): string | undefined =>
  database.prepare<[string], string>('SELECT value FROM meta WHERE name = ?').pluck().get(name)

export const writeMeta = (database: Database, name: string, value: string): void =>
  void database
    .prepare('INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value')
    .run(name, value)

function checkIdentity(database: Database, file: string, projection: Projection<unknown>): void {
  const found = `${readMeta(database, 'projection')} ${readMeta(database, 'version')}`
  const wanted = `${projection.name} ${projection.version}`
  if (found === wanted) return
  throw new OperationalError(`${file} holds the read model "${found}", but this program writes "${wanted}". ${REBUILD}`)
}
