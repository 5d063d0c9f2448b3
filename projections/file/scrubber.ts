import type { Database } from 'better-sqlite3'
import type { Health } from '../../schema/heartbeat.ts'
import { HELD_OPEN, UNSCRUBBED } from '../../schema/read-model-file.ts'
import { BackOff, type BackOffLimits } from '../../schema/runtime/back-off.ts'
import type { Logger } from '../../schema/runtime/logger.ts'
import { RemainsSearch } from './find-remains.ts'
import { emptyWriteAheadLog } from './write-ahead-log.ts'

const DELAY_MS = 1_000
/** Short at first: a full disk often has room again soon. */
const RETRY_PAUSES: BackOffLimits = { firstMs: 2_000, maxMs: 60_000 }
/**
 * The gateway's reads are short, so a reader that keeps the write-ahead log from being emptied for longer than this is
 * another program.
 */
const HELD_AFTER_MS = 3_000
/** The pause between attempts until then. Several attempts are unlikely to meet a short read each time. */
const BUSY_RETRY_MS = 250
/** Searching takes some five seconds a gigabyte, and a process has to end within ten. */
const CLOSE_TIMEOUT_MS = 3_000
/**
 * After a search the scrubber rests ten times as long as the search took, because searching a large file takes long.
 */
const REST_FACTOR = 10
/** The value of the row UNSCRUBBED when only the write-ahead log may hold erased text. With any other value the file may, too. */
const ONLY_LOG = 'log'
/** For more texts than this, rewriting the file costs less than searching it for them. */
const MAX_TEXTS = 10_000

export interface ScrubberOptions {
  /** The read model's name. */
  readonly name: string
  readonly database: Database
  readonly logger: Logger
  readonly health: Health
  /** How long a reader may keep the write-ahead log from being emptied before that is a problem. */
  readonly heldAfterMs?: number
  /** The pauses before it tries again after a failure. */
  readonly retry?: BackOffLimits
}

/** Call it in the transaction that erases, so that the next process scrubs the file if this one dies. */
export function markUnscrubbed(database: Database, hasTexts: boolean): void {
  const onConflict = hasTexts ? 'DO UPDATE SET value = excluded.value' : 'DO NOTHING'
  database
    .prepare(`INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT ${onConflict}`)
    .run(UNSCRUBBED, hasTexts ? 'texts' : ONLY_LOG)
}

/**
 * Makes sure that nothing of an erased text is left in a read model's file. `secure_delete` overwrites what a row held.
 * Earlier versions of pages stay in the write-ahead log until it is emptied, which an active reader only delays. When
 * SQLite moved rows it may have left copies of them in unused bytes: the file is searched for these, and rewritten
 * (VACUUM) if there are any, which takes some ten seconds a gigabyte and happens rarely. Many erasures within a second
 * cost one scrubbing.
 */
export class Scrubber implements AsyncDisposable {
  readonly #options: Required<ScrubberOptions>
  readonly #database: Database
  readonly #logger: Logger
  readonly #unmark
  readonly #closing = new AbortController()
  #timer: NodeJS.Timeout | undefined
  #running: Promise<void> | undefined
  readonly #retry: BackOff
  #delayMs = DELAY_MS
  /** Texts that were erased since the last search. */
  #texts: string[] = []
  /** Whether texts were erased that this process does not know. */
  #hasForgotten: boolean
  /** Whether earlier versions of pages are in the write-ahead log. */
  #hasLog = false
  /** The time at which a reader began to keep the write-ahead log from being emptied; undefined if none does. */
  #heldSinceMs: number | undefined
  #isHeld: boolean
  #closed = false

  constructor({ heldAfterMs = HELD_AFTER_MS, retry = RETRY_PAUSES, ...options }: ScrubberOptions) {
    const { database, logger } = options
    this.#options = { heldAfterMs, retry, ...options }
    this.#retry = new BackOff(retry)
    this.#database = database
    this.#logger = logger
    this.#unmark = database.prepare<[string]>('DELETE FROM meta WHERE name = ?')
    const select = database.prepare<[string], string>('SELECT value FROM meta WHERE name = ?').pluck()
    const mark = select.get(UNSCRUBBED)
    this.#hasForgotten = mark !== undefined && mark !== ONLY_LOG
    this.#isHeld = select.get(HELD_OPEN) !== undefined
  }

  /** Call it after a commit that erased something. @param texts erased texts of which the file may hold more copies */
  note(texts: readonly string[] = []): void {
    this.#hasLog = true
    for (const text of texts) this.#texts.push(text)
    this.#schedule()
  }

  /**
   * Finishes what is still to do, if that takes only a moment. The rest is left to the next process, which has to rewrite
   * the file because it does not know the texts.
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
    const isBusy = this.#heldSinceMs !== undefined && !this.#isHeld
    this.#timer ??= setTimeout(() => this.#start(), isBusy ? BUSY_RETRY_MS : this.#delayMs).unref()
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
      if (this.#hasLog) return this.#wait()
      this.#release()
      await this.#clean()
      this.#retry.reset()
      this.#delayMs = Math.max(DELAY_MS, REST_FACTOR * (performance.now() - startMs))
    } catch (error) {
      if (this.#closing.signal.aborted) return
      this.#delayMs = this.#retry.next()
      this.#logger.error({ err: error }, 'erased text may be left in unused bytes of the file; will retry')
    }
  }

  /** Reports a reader that has held the file open for some seconds, by a row of `meta` and as a problem. */
  #wait(): void {
    const { name, health, heldAfterMs } = this.#options
    this.#logger.debug('a reader keeps the write-ahead log from being emptied: erased text stays in it for now')
    this.#heldSinceMs ??= performance.now()
    if (this.#closed || performance.now() - this.#heldSinceMs < heldAfterMs) return
    if (!this.#isHeld) this.#database.prepare("INSERT INTO meta (name, value) VALUES (?, '')").run(HELD_OPEN)
    this.#isHeld = true
    health.problems.raise({
      code: 'erased-text-held',
      subject: name,
      what: `Text of erased posts is left in the write-ahead log of ${name}.db, because another program holds the file open in a read transaction.`,
      remedy: `End the program that reads ${name}.db; the text is then removed. fuser ${name}.db lists the programs that have it open.`,
    })
  }

  #release(): void {
    this.#heldSinceMs = undefined
    if (this.#isHeld) this.#unmark.run(HELD_OPEN)
    this.#isHeld = false
    this.#options.health.problems.clear('erased-text-held', this.#options.name)
  }

  /** @throws errors of reading or rewriting the file */
  async #clean(): Promise<void> {
    const texts = this.#texts.splice(0)
    const isUnknown = this.#hasForgotten || texts.length > MAX_TEXTS
    // If anything fails from here on, this process no longer knows the texts.
    this.#hasForgotten ||= texts.length > 0
    const isLeft = isUnknown || (texts.length > 0 && (await this.#isLeft(texts)))
    if (isLeft && this.#closed) return
    if (isLeft) this.#rewrite()
    this.#hasForgotten = false
    if (isLeft) this.#emptyLog()
    // More may have been erased while the file was searched.
    if (this.#texts.length === 0 && !this.#hasLog) this.#unmark.run(UNSCRUBBED)
  }

  #isLeft(texts: readonly string[]): Promise<boolean> {
    return new RemainsSearch(texts).isIn(this.#database.name, this.#pageBytes(), this.#closing.signal)
  }

  #pageBytes(): number {
    return this.#database.pragma('page_size', { simple: true }) as number
  }

  /** Until the write-ahead log is emptied, the file is unchanged and its new content is in the write-ahead log. */
  #rewrite(): void {
    const startMs = performance.now()
    // VACUUM makes a temporary copy of the file, which would otherwise be in memory.
    this.#database.pragma('temp_store = FILE')
    try {
      this.#database.exec('VACUUM')
    } finally {
      this.#database.pragma('temp_store = MEMORY')
    }
    this.#hasLog = true
    const ms = Math.round(performance.now() - startMs)
    this.#logger.info({ ms }, 'rewrote the file, because copies of erased text were left in unused bytes of it')
  }

  #emptyLog(): void {
    if (emptyWriteAheadLog(this.#database)) this.#hasLog = false
  }
}
