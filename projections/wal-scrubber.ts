import type { Database } from 'better-sqlite3'
import type { Logger } from '../schema/runtime/logger.ts'

const DELAY_MS = 1_000

/**
 * Empties the write-ahead log after erasures: `secure_delete` overwrites what is deleted in the database, but pages as
 * they were before stay in the log's file until it is started over. Many erasures within a second cost one emptying; a
 * reader in the way only delays it.
 */
export class WalScrubber implements Disposable {
  readonly #database: Database
  readonly #logger: Logger
  #timer: NodeJS.Timeout | undefined

  constructor(database: Database, logger: Logger) {
    this.#database = database
    this.#logger = logger
  }

  /** Something was erased. */
  note(): void {
    this.#timer ??= setTimeout(() => this.#scrub(), DELAY_MS).unref()
  }

  /** Does at once what is still to do. */
  [Symbol.dispose](): void {
    if (this.#timer === undefined) return
    clearTimeout(this.#timer)
    this.#empty()
  }

  #scrub(): void {
    this.#timer = undefined
    if (this.#empty()) return
    this.#logger.debug('the write-ahead log is being read: erased text stays in it for another moment')
    this.note()
  }

  /** Whether it worked: not while somebody is reading. To wait for them would hold up the projector. */
  #empty(): boolean {
    const timeout = this.#database.pragma('busy_timeout', { simple: true }) as number
    this.#database.pragma('busy_timeout = 0')
    const [result] = this.#database.pragma('wal_checkpoint(TRUNCATE)') as { busy: number }[]
    this.#database.pragma(`busy_timeout = ${timeout}`)
    return result?.busy === 0
  }
}
