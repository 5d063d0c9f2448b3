import { hostname } from 'node:os'
import Sqlite, { SqliteError, type Database } from 'better-sqlite3'
import { OperationalError } from '../../schema/runtime/errors.ts'

/** How long to wait for a process that only reads who holds the lock. */
const BUSY_TIMEOUT_MS = 200

interface Holder {
  readonly pid: number
  readonly host: string
  readonly since: string
}

/**
 * Makes this process the only writer of a read model's file until it ends. The lock is a write transaction that stays
 * open in a small SQLite file beside it, `<file>-lock`: the kernel frees it however the process ends, and it holds
 * between containers as well. The file says who holds the lock.
 * @throws OperationalError when another process holds it
 */
export function lockFile(file: string): Disposable {
  const name = `${file}-lock`
  let database: Database | undefined
  try {
    database = new Sqlite(name, { timeout: BUSY_TIMEOUT_MS })
    takeLock(database)
  } catch (cause) {
    const what = isBusy(cause) && database !== undefined ? describeHolder(database, file) : failure(name, cause)
    database?.close()
    throw new OperationalError(what, { cause })
  }
  return { [Symbol.dispose]: () => void database.close() }
}

function takeLock(database: Database): void {
  database.exec('BEGIN IMMEDIATE')
  database.exec(
    'CREATE TABLE IF NOT EXISTS holder (pid INTEGER NOT NULL, host TEXT NOT NULL, since TEXT NOT NULL); DELETE FROM holder',
  )
  const holder: Holder = { pid: process.pid, host: hostname(), since: new Date().toISOString() }
  database.prepare('INSERT INTO holder (pid, host, since) VALUES (:pid, :host, :since)').run(holder)
  database.exec('COMMIT; BEGIN IMMEDIATE')
}

function describeHolder(database: Database, file: string): string {
  let holder: Holder | undefined
  try {
    holder = database.prepare<[], Holder>('SELECT pid, host, since FROM holder').get()
  } catch {
    // The holder has not stored its name yet.
  }
  const who = holder === undefined ? 'Another process' : `Process ${holder.pid} on ${holder.host}`
  const since = holder === undefined ? '' : ` since ${holder.since}`
  return `${who} has been writing ${file}${since}; a read model's file has one writer. Stop that process first, or use another DATA_DIR.`
}

const failure = (name: string, cause: unknown): string => `Cannot lock ${name}: ${(cause as Error).message}`

const isBusy = (error: unknown): boolean => error instanceof SqliteError && error.code.startsWith('SQLITE_BUSY')
