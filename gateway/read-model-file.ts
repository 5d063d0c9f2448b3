import { statSync } from 'node:fs'
import { basename } from 'node:path'
import Sqlite, { type Database } from 'better-sqlite3'
import type { Logger } from '../schema/runtime/logger.ts'
import { readModelUnavailable } from './errors.ts'

const CHECK_INTERVAL_MS = 500
/** Readers never wait for the writer; only another process's recovery after a crash makes them. */
const BUSY_TIMEOUT_MS = 100

export interface ReadModelStatus {
  readonly checkpoints: { stream: string; sequence: number }[]
  /** Gaps in the log that the projector has met. */
  readonly holes: number
}

interface OpenFile<Queries> {
  readonly database: Database
  readonly queries: Queries
  readonly identity: string
  readonly readVersion: () => number
  readonly readStatus: () => ReadModelStatus
}

/**
 * A read model's file, opened read-only once its projector has made it, and again when another file has taken its place.
 * Before there is one its readers get undefined, which means: nothing is known yet. One that was deleted is read on until
 * its successor is there.
 */
export class ReadModelFile<Queries> implements Disposable {
  readonly #file: string
  readonly #wanted: string
  readonly #prepare: (database: Database) => Queries
  readonly #logger: Logger
  #open: OpenFile<Queries> | undefined
  #openings = 0
  #checkedAtMs = Number.NEGATIVE_INFINITY
  /** Why the file that is there cannot be read. */
  #broken: string | undefined
  #brokenIdentity: string | undefined
  #isMissing = true

  /** @param reads the projection and the version of its tables that the queries are made for */
  constructor(
    file: string,
    reads: { projection: string; version: number },
    prepare: (database: Database) => Queries,
    logger: Logger,
  ) {
    this.#file = file
    this.#wanted = `${reads.projection} ${reads.version}`
    this.#prepare = prepare
    this.#logger = logger
  }

  /**
   * Undefined while there is nothing to read yet.
   * @throws READ_MODEL_UNAVAILABLE where there is something, but it cannot be read
   */
  get queries(): Queries | undefined {
    this.#check()
    if (this.#broken !== undefined) throw readModelUnavailable(`${basename(this.#file)} ${this.#broken}`)
    return this.#open?.queries
  }

  /** {@link queries} for those who only look whether there is something; undefined also where it cannot be read. */
  get peek(): Queries | undefined {
    this.#check()
    return this.#broken === undefined ? this.#open?.queries : undefined
  }

  /** What a reader should know; undefined when all is well. */
  get problem(): string | undefined {
    this.#check()
    if (this.#broken !== undefined) return `${basename(this.#file)} ${this.#broken}`
    if (this.#open === undefined) return `${basename(this.#file)} is not there yet`
    return this.#isMissing ? `${basename(this.#file)} was deleted; its last state is shown` : undefined
  }

  /** Changes with every commit and every replacement of the file: what was read at one version holds while it lasts. */
  get version(): string {
    this.#check()
    return this.#open === undefined || this.#broken !== undefined
      ? `none ${this.#broken}`
      : `${this.#openings}.${this.#open.readVersion()}`
  }

  get status(): ReadModelStatus | undefined {
    return this.peek === undefined ? undefined : this.#open?.readStatus()
  }

  [Symbol.dispose](): void {
    this.#open?.database.close()
    this.#open = undefined
  }

  #check(): void {
    const now = performance.now()
    if (now - this.#checkedAtMs < CHECK_INTERVAL_MS) return
    this.#checkedAtMs = now
    const found = statSync(this.#file, { throwIfNoEntry: false })
    this.#isMissing = found === undefined
    if (found === undefined) {
      this.#broken = undefined
      return
    }
    const identity = `${found.dev}.${found.ino}`
    if (identity === this.#open?.identity && this.#broken === undefined) return
    const opened = this.#tryToOpen(identity)
    if (opened === undefined) return
    this[Symbol.dispose]()
    this.#open = opened
    this.#openings++
    this.#broken = undefined
  }

  #tryToOpen(identity: string): OpenFile<Queries> | undefined {
    let database: Database | undefined
    try {
      database = new Sqlite(this.#file, { readonly: true, fileMustExist: true, timeout: BUSY_TIMEOUT_MS })
      const isReady = checkIdentity(database, this.#wanted)
      if (isReady) return { database, identity, queries: this.#prepare(database), ...prepareStatus(database) }
    } catch (error) {
      // Its projector may just be making it, and the next look finds it whole.
      if (!isPassing(error)) this.#breaks((error as Error).message, identity)
    }
    database?.close()
    return undefined
  }

  #breaks(reason: string, identity: string): void {
    const isKnown = this.#brokenIdentity === identity && this.#broken?.endsWith(reason)
    this.#broken = `cannot be read: ${reason}`
    this.#brokenIdentity = identity
    if (!isKnown) this.#logger.error({ file: this.#file, reason }, 'a read model cannot be read')
  }
}

/** @returns false while its tables are not there yet. @throws for another projection's file, or another version's */
function checkIdentity(database: Database, wanted: string): boolean {
  const tables = database.prepare<[], number>("SELECT count(*) FROM sqlite_schema WHERE name = 'meta'").pluck().get()
  if (tables === 0 && database.prepare<[], number>('SELECT count(*) FROM sqlite_schema').pluck().get() === 0)
    return false
  const select = database.prepare<[string], string>('SELECT value FROM meta WHERE name = ?').pluck()
  const found = `${select.get('projection')} ${select.get('version')}`
  if (found === wanted) return true
  const [name, version] = wanted.split(' ')
  const isOlder = select.get('projection') === name && Number(select.get('version')) < Number(version)
  const remedy = isOlder
    ? 'its projector brings it up to date when it starts, or says what to do'
    : 'delete it to have it rebuilt from the log'
  throw new Error(`it holds "${found}", this program reads "${wanted}"; ${remedy}`)
}

function prepareStatus(database: Database): Pick<OpenFile<unknown>, 'readVersion' | 'readStatus'> {
  const version = database.prepare<[], number>('PRAGMA data_version').pluck()
  const checkpoints = database.prepare<[], { stream: string; sequence: number }>(
    'SELECT stream, sequence FROM checkpoints ORDER BY stream',
  )
  const holes = database.prepare<[], number>('SELECT count(*) FROM holes').pluck()
  return {
    readVersion: () => version.get()!,
    readStatus: () => ({ checkpoints: checkpoints.all(), holes: holes.get() ?? 0 }),
  }
}

const isPassing = (error: unknown): boolean =>
  /^SQLITE_(BUSY|CANTOPEN|READONLY_(RECOVERY|CANTINIT|DIRECTORY))/.test((error as { code?: string }).code ?? '')
