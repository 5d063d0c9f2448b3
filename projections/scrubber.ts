import type { Database } from 'better-sqlite3'
import type { Logger } from '../schema/runtime/logger.ts'
import { RemainsSearch } from './find-remains.ts'

const DELAY_MS = 1_000
const RETRY_MS = 60_000
/** Searching takes some five seconds a gigabyte, and a process has to end within ten. */
const CLOSE_TIMEOUT_MS = 3_000
/** Searching a large file takes long: it may take a tenth of the time. */
const REST_FACTOR = 10
/** In `meta` from the commit that erases texts to the end of the scrubbing. */
const UNSCRUBBED = 'unscrubbed'
/** Above it, making the file anew costs less than looking for so many. */
const MAX_TEXTS = 10_000

/** For the transaction that takes texts out of the rows: should the process die, the next one scrubs. */
export function markUnscrubbed(database: Database): void {
  database.prepare("INSERT OR IGNORE INTO meta (name, value) VALUES (?, '1')").run(UNSCRUBBED)
}

/**
 * Makes sure that nothing of an erased text is left in a read model's file. `secure_delete` overwrites what a row held. Pages
 * as they were before stay in the write-ahead log until it is emptied, which a reader in the way only delays. Copies that
 * SQLite left behind when it moved rows are looked for, and if there are any, the file is made anew (VACUUM), which takes
 * some ten seconds a gigabyte and happens rarely. Many erasures within a second cost one scrubbing.
 */
export class Scrubber implements AsyncDisposable {
  readonly #database: Database
  readonly #logger: Logger
  readonly #closing = new AbortController()
  #timer: NodeJS.Timeout | undefined
  #running: Promise<void> | undefined
  #delayMs = DELAY_MS
  /** What was erased since the last search. */
  #texts: string[] = []
  /** Texts were erased that nobody knows any more. */
  #hasForgotten: boolean
  /** Pages as they were before are in the write-ahead log. */
  #hasLog = false
  #closed = false

  constructor(database: Database, logger: Logger) {
    this.#database = database
    this.#logger = logger
    this.#hasForgotten = database.prepare('SELECT 1 FROM meta WHERE name = ?').get(UNSCRUBBED) !== undefined
  }

  /** Something was erased; `texts` are what the file may hold more copies of. */
  note(texts: readonly string[] = []): void {
    this.#hasLog = true
    for (const text of texts) this.#texts.push(text)
    this.#schedule()
  }

  /**
   * Does at once what is still to do, if that takes a moment. What is left over the next process does; as it does not know
   * the texts, it has to make the file anew.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    if (this.#timer !== undefined) this.#start()
    const timer = setTimeout(() => this.#closing.abort(), CLOSE_TIMEOUT_MS)
    await this.#running
    clearTimeout(timer)
  }

  #schedule(): void {
    if (this.#closed || this.#running !== undefined) return
    this.#timer ??= setTimeout(() => this.#start(), this.#delayMs).unref()
  }

  #start(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#running = this.#scrub().finally(() => {
      this.#running = undefined
      if (this.#hasLog || this.#hasForgotten || this.#texts.length > 0) this.#schedule()
    })
  }

  async #scrub(): Promise<void> {
    const startMs = performance.now()
    try {
      this.#emptyLog()
      if (this.#hasLog) return this.#logger.debug('the write-ahead log is being read: erased text stays in it for now')
      await this.#clean()
      this.#delayMs = Math.max(DELAY_MS, REST_FACTOR * (performance.now() - startMs))
    } catch (error) {
      if (this.#closing.signal.aborted) return
      this.#delayMs = RETRY_MS
      this.#logger.error({ err: error }, 'erased text may be left in unused bytes of the file, trying again later')
    }
  }

  /** @throws what reading the file or making it anew throws */
  async #clean(): Promise<void> {
    if (this.#texts.length === 0 && !this.#hasForgotten) return
    const texts = this.#texts.splice(0)
    const isUnknown = this.#hasForgotten || texts.length > MAX_TEXTS
    // Should anything go wrong from here on, what was looked for is forgotten.
    this.#hasForgotten = true
    const isLeft = isUnknown || (await this.#isLeft(texts))
    if (isLeft && this.#closed) return
    if (isLeft) this.#makeAnew()
    this.#hasForgotten = false
    if (this.#texts.length === 0) this.#database.prepare('DELETE FROM meta WHERE name = ?').run(UNSCRUBBED)
    if (isLeft) this.#emptyLog()
  }

  #isLeft(texts: readonly string[]): Promise<boolean> {
    return new RemainsSearch(texts).isIn(this.#database.name, this.#pageBytes(), this.#closing.signal)
  }

  #pageBytes(): number {
    return this.#database.pragma('page_size', { simple: true }) as number
  }

  /** Until the log is emptied the file is as it was, and the new one is in the log. */
  #makeAnew(): void {
    const startMs = performance.now()
    // The copy that VACUUM makes on its way would otherwise be in memory.
    this.#database.pragma('temp_store = FILE')
    try {
      this.#database.exec('VACUUM')
    } finally {
      this.#database.pragma('temp_store = MEMORY')
    }
    this.#hasLog = true
    const ms = Math.round(performance.now() - startMs)
    this.#logger.info({ ms }, 'made the file anew: copies of erased text were left in unused bytes of it')
  }

  /** Not while somebody is reading: to wait for them would hold up the projector. */
  #emptyLog(): void {
    const timeout = this.#database.pragma('busy_timeout', { simple: true }) as number
    this.#database.pragma('busy_timeout = 0')
    try {
      const [result] = this.#database.pragma('wal_checkpoint(TRUNCATE)') as { busy: number }[]
      if (result?.busy === 0) this.#hasLog = false
    } finally {
      this.#database.pragma(`busy_timeout = ${timeout}`)
    }
  }
}
