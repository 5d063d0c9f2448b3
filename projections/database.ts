import { existsSync, rmSync } from 'node:fs'
import Sqlite, { SqliteError, type Database } from 'better-sqlite3'
import { OperationalError } from '../schema/runtime/errors.ts'
import { checkpointTables } from './checkpoint-tables.ts'
import type { Projection } from './projection.ts'

/**
 * Opens a read model's file for its one writer, creating it when it is missing and upgrading it where that can be done. `synchronous = NORMAL` is safe here: a
 * commit lost with the machine takes its checkpoint with it, and the log replays it.
 * @throws OperationalError when the file is damaged or of another projection or version
 */
export function openReadModel(file: string, projection: Projection<unknown>): Database {
  const isNew = !existsSync(file)
  // What a deleted file left behind belongs to its rows, not to those of the new one.
  if (isNew) for (const suffix of ['-wal', '-shm']) rmSync(file + suffix, { force: true })
  const database = new Sqlite(file)
  try {
    database.pragma('journal_mode = WAL')
    database.pragma('synchronous = NORMAL')
    database.pragma('secure_delete = ON')
    // In pages. Whoever commits when it is due waits for it: a fortieth of a second for these, a tenth and more for four times as many.
    database.pragma('wal_autocheckpoint = 4000')
    database.pragma('cache_size = -65536')
    database.pragma('temp_store = MEMORY')
    if (isNew || isEmpty(database)) createTables(database, projection)
    upgrade(database, projection)
    checkIdentity(database, file, projection)
    return database
  } catch (cause) {
    database.close()
    if (cause instanceof OperationalError) throw cause
    throw new OperationalError(`Cannot open ${file}: ${(cause as Error).message}. ${REBUILD}`, { cause })
  }
}

const REBUILD = 'Stop its projector, delete the file and start the projector again: it is rebuilt from the log.'

/** Damage that SQLite found, as an error that says what to do; any other error as it is. */
export function explainDamage(error: unknown, file: string): unknown {
  const damaged = error instanceof SqliteError && /^SQLITE_(CORRUPT|NOTADB)/.test(error.code)
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

/** Brings a file of a former version up to date in one transaction, where there is a way from each version to the next. */
function upgrade(database: Database, { name, version, upgrades = {} }: Projection<unknown>): void {
  database
    .transaction(() => {
      if (readMeta(database, 'projection') !== name) return
      const found = Number(readMeta(database, 'version'))
      for (let from = found; from < version; from++) if (upgrades[from] === undefined) return
      for (let from = found; from < version; from++) database.exec(upgrades[from]!)
      if (found < version) database.prepare("UPDATE meta SET value = ? WHERE name = 'version'").run(String(version))
    })
    .immediate()
}

const readMeta = (database: Database, name: string): string | undefined =>
  database.prepare<[string], string>('SELECT value FROM meta WHERE name = ?').pluck().get(name)

function checkIdentity(database: Database, file: string, projection: Projection<unknown>): void {
  const found = `${readMeta(database, 'projection')} ${readMeta(database, 'version')}`
  const wanted = `${projection.name} ${projection.version}`
  if (found === wanted) return
  throw new OperationalError(`${file} holds the read model "${found}", this program writes "${wanted}". ${REBUILD}`)
}
