import type { Database } from 'better-sqlite3'
import type { Health } from '../../schema/heartbeat.ts'
import { writeAheadLogBytes } from '../../schema/read-model-file.ts'

/** Four times what `wal_autocheckpoint` allows (database.ts). */
const LARGE_BYTES = 64 * 2 ** 20
const CHECK_INTERVAL_MS = 5_000

/**
 * Moves the content of the write-ahead log into the file, and empties the write-ahead log. It gives up at once while a
 * reader is active, because waiting would delay the projector.
 * @returns whether the write-ahead log is empty
 */
export function emptyWriteAheadLog(database: Database): boolean {
  const timeout = database.pragma('busy_timeout', { simple: true }) as number
  database.pragma('busy_timeout = 0')
  try {
    const [result] = database.pragma('wal_checkpoint(TRUNCATE)') as { busy: number }[]
    return result?.busy === 0
  } finally {
    database.pragma(`busy_timeout = ${timeout}`)
  }
}

export interface WriteAheadLogWatchOptions {
  /** The read model's name. */
  readonly name: string
  readonly database: Database
  readonly health: Health
  readonly largeBytes?: number
  readonly intervalMs?: number
}

/**
 * Reports a write-ahead log that has become large. SQLite reuses the log once its content is in the file, which a read
 * transaction of another program prevents for as long as it is open.
 */
export class WriteAheadLogWatch implements Disposable {
  readonly #options: WriteAheadLogWatchOptions
  readonly #timer: NodeJS.Timeout

  constructor(options: WriteAheadLogWatchOptions) {
    this.#options = options
    this.#timer = setInterval(() => this.check(), options.intervalMs ?? CHECK_INTERVAL_MS).unref()
  }

  check(): void {
    const { name, database, health, largeBytes = LARGE_BYTES } = this.#options
    const bytes = writeAheadLogBytes(database.name)
    if (bytes <= largeBytes || isEmptied(database)) return health.problems.clear('write-ahead-log-large', name)
    health.problems.raise({
      code: 'write-ahead-log-large',
      subject: name,
      what: `The write-ahead log of ${name}.db has ${Math.round(bytes / 2 ** 20)} MiB, because another program holds the file open in a read transaction.`,
      remedy: `End the program that reads ${name}.db; the log is then emptied. fuser ${name}.db lists the programs that have it open.`,
    })
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }
}

/** An error, for example of a full disk, is not handled here: the projector meets it at its next commit. */
function isEmptied(database: Database): boolean {
  try {
    return emptyWriteAheadLog(database)
  } catch {
    return false
  }
}
