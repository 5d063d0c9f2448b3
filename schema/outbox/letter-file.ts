import { existsSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import Sqlite, { SqliteError, type Database } from 'better-sqlite3'
import type { DeadLetter } from '../dead-letters.ts'

/** The file in which the letters of a kind of process wait. The processes of one kind share it. */
export const letterFile = (dataDir: string, process: 'ingest' | 'scorer'): string =>
  join(dataDir, 'dead-letters', `${process}.db`)

const MAX_FILE_BYTES = 256 * 2 ** 20
const NEARLY_FULL_SHARE = 3 / 4
const PAGE_BYTES = 4_096
const BUSY_TIMEOUT_MS = 5_000

const TABLES = `
CREATE TABLE IF NOT EXISTS letters (
  id INTEGER PRIMARY KEY,
  message_id TEXT NOT NULL UNIQUE,
  headers TEXT NOT NULL,
  data BLOB,
  stream TEXT,
  sequence INTEGER
) STRICT;
`

interface Row {
  readonly message_id: string
  readonly headers: string
  readonly data: Uint8Array | null
  readonly stream: string | null
  readonly sequence: number | null
}

/** The file has its largest size, or its disk is full. */
export class LetterFileFullError extends Error {
  override name = 'LetterFileFullError'
}

/**
 * Dead letters in a SQLite file of a limited size, which any number of processes of one host share. A letter is durable
 * when {@link add} returns. The file is created with the first letter. Letters may be added and removed between two calls
 * of the sender.
 */
export class LetterFile implements Disposable {
  readonly path: string
  readonly #maxBytes: number
  #opened: Database | undefined

  constructor(path: string, maxBytes = MAX_FILE_BYTES) {
    this.path = path
    this.#maxBytes = maxBytes
  }

  /**
   * Adds letters in one transaction, except those that wait already.
   * @throws LetterFileFullError if there is no room for them, and SQLite's other errors
   */
  add(letters: readonly DeadLetter[]): void {
    try {
      const database = this.#open()
      const insert = database.prepare(
        'INSERT OR IGNORE INTO letters (message_id, headers, data, stream, sequence) VALUES (?, ?, ?, ?, ?)',
      )
      const addAll = database.transaction(() => {
        for (const { messageId, headers, data, event } of letters)
          insert.run(messageId, JSON.stringify(headers), data ?? null, event?.stream ?? null, event?.sequence ?? null)
      })
      addAll.immediate()
    } catch (cause) {
      if (!(cause instanceof SqliteError && cause.code === 'SQLITE_FULL')) throw cause
      throw new LetterFileFullError(`${this.path} is full`, { cause })
    }
  }

  /** Whether the file has so little room left that it should be kept for letters without data. */
  get isNearlyFull(): boolean {
    if (this.#isMissing) return false
    const pages = this.#open().pragma('page_count', { simple: true }) as number
    return pages * PAGE_BYTES > this.#maxBytes * NEARLY_FULL_SHARE
  }

  /** How many letters wait. */
  count(): number {
    return this.#isMissing ? 0 : (this.#open().prepare('SELECT count(*) FROM letters').pluck().get() as number)
  }

  /** Some of the oldest letters. @param skip how many letters come before them */
  next(limit: number, skip: number): DeadLetter[] {
    if (this.#isMissing) return []
    const select = this.#open().prepare<[number, number], Row>('SELECT * FROM letters ORDER BY id LIMIT ? OFFSET ?')
    return select.all(limit, skip).map(toLetter)
  }

  remove(letters: readonly DeadLetter[]): void {
    const database = this.#open()
    const remove = database.prepare('DELETE FROM letters WHERE message_id = ?')
    const removeAll = database.transaction(() => letters.forEach(({ messageId }) => remove.run(messageId)))
    removeAll.immediate()
  }

  /** Whether the letter of one of these events of the log waits. */
  hasEvent(isWanted: (stream: string, sequence: number) => boolean): boolean {
    if (this.#isMissing) return false
    const select = this.#open().prepare<[], Row>('SELECT stream, sequence FROM letters WHERE stream IS NOT NULL')
    for (const { stream, sequence } of select.iterate()) if (isWanted(stream!, sequence!)) return true
    return false
  }

  /**
   * Removes what the file and its write-ahead log still hold of removed letters. It rewrites the file, because SQLite may
   * have left copies of rows in unused bytes when it moved rows between pages.
   * @throws SQLite's error when another process keeps the file locked
   */
  scrub(): void {
    if (this.#isMissing) return
    this.#open().exec('VACUUM')
    const [{ busy }] = this.#open().pragma('wal_checkpoint(TRUNCATE)') as [{ busy: number }]
    if (busy !== 0) throw new Error('another process keeps the write-ahead log from being emptied')
  }

  [Symbol.dispose](): void {
    this.#opened?.close()
  }

  /** Whether no process has stored a letter in the file yet. Another process may create it at any time. */
  get #isMissing(): boolean {
    return this.#opened === undefined && !existsSync(this.path)
  }

  /** `synchronous = FULL` makes a letter survive a power cut, because its event is acknowledged once the letter is stored. */
  #open(): Database {
    if (this.#opened !== undefined) return this.#opened
    mkdirSync(dirname(this.path), { recursive: true })
    const database = new Sqlite(this.path, { timeout: BUSY_TIMEOUT_MS })
    try {
      database.pragma(`page_size = ${PAGE_BYTES}`)
      // The file shrinks when letters are removed.
      database.pragma('auto_vacuum = FULL')
      database.pragma('journal_mode = WAL')
      database.pragma('synchronous = FULL')
      database.pragma('secure_delete = ON')
      database.pragma(`max_page_count = ${Math.floor(this.#maxBytes / PAGE_BYTES)}`)
      database.exec(TABLES)
      this.#opened = database
      return database
    } catch (error) {
      database.close()
      throw error
    }
  }
}

const toLetter = ({ message_id: messageId, headers, data, stream, sequence }: Row): DeadLetter => ({
  messageId,
  headers: JSON.parse(headers) as Record<string, string>,
  ...(data === null ? {} : { data }),
  ...(stream === null || sequence === null ? {} : { event: { stream, sequence } }),
})
