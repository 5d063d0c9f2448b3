import { statSync } from 'node:fs'
import { basename } from 'node:path'
import Sqlite, { type Database } from 'better-sqlite3'
import {
  COUNT_ACCEPTED_LOST_EVENTS,
  COUNT_LOST_EVENTS,
  SELECT_CHECKPOINTS,
  SELECT_FILE_ID,
  writeAheadLogBytes,
} from '../../schema/read-model-file.ts'
import type { Logger } from '../../schema/runtime/logger.ts'
import { readModelUnavailable } from '../protocol/errors.ts'

const CHECK_INTERVAL_MS = 500
/** Readers never wait for the writer, but may wait for a process that recovers the file after a crash. */
const BUSY_TIMEOUT_MS = 100

export interface ReadModelStatus {
  readonly checkpoints: { stream: string; sequence: number }[]
  /** Sequences that the log no longer has and no erasure explains. */
  readonly lostEvents: number
  readonly acceptedLostEvents: number
  /** The random id of the file; undefined for a file that has none. */
  readonly fileId: string | undefined
}

type Prepare<Queries> = (database: Database) => Queries

interface OpenFile {
  readonly database: Database
  /** The results of the functions that prepared statements on this database. */
  readonly prepared: Map<Prepare<unknown>, unknown>
  readonly identity: string
  readonly readVersion: () => number
  readonly readStatus: () => ReadModelStatus
}

/**
 * A read model's file. It is opened read-only once its projector has created it, and again when a new file has replaced
 * it. Before the file exists, its readers get undefined, which means that nothing is known yet. A deleted file is still
 * read until a new one exists.
 */
export class ReadModelFile implements Disposable {
  readonly #file: string
  readonly #wanted: string
  readonly #logger: Pick<Logger, 'error'>
  /** Functions that prepare queries. Each is called for every database that is opened. */
  readonly #prepares = new Set<Prepare<unknown>>()
  #open: OpenFile | undefined
  #openings = 0
  #checkedAtMs = Number.NEGATIVE_INFINITY
  /** Why the file cannot be read. */
  #broken: string | undefined
  #brokenIdentity: string | undefined
  #isMissing = true

  /** @param wanted the read model and the version of its tables that the queries are written for */
  constructor(
    file: string,
    wanted: { readonly name: string; readonly version: number },
    logger: Pick<Logger, 'error'>,
  ) {
    this.#file = file
    this.#wanted = `${wanted.name} ${wanted.version}`
    this.#logger = logger
  }

  /**
   * The result of `prepare` for the open database, made once for each database. Undefined while there is nothing to
   * read yet.
   * @throws READ_MODEL_UNAVAILABLE if the file exists but cannot be read
   */
  queries<Queries>(prepare: Prepare<Queries>): Queries | undefined {
    const found = this.peek(prepare)
    if (this.#broken !== undefined) throw readModelUnavailable(`${basename(this.#file)} ${this.#broken}`)
    return found
  }

  /** Like {@link queries}, but also undefined if the file cannot be read. */
  peek<Queries>(prepare: Prepare<Queries>): Queries | undefined {
    this.#check()
    if (this.#broken !== undefined || this.#open === undefined) return undefined
    const { prepared, database, identity } = this.#open
    const known = prepared.get(prepare)
    if (known !== undefined) return known as Queries
    this.#prepares.add(prepare)
    try {
      const queries = prepare(database)
      prepared.set(prepare, queries)
      return queries
    } catch (error) {
      this.#breaks((error as Error).message, identity)
      return undefined
    }
  }

  get writeAheadLogBytes(): number {
    return writeAheadLogBytes(this.#file)
  }

  /** The problem with the file, in words; undefined when there is none. */
  get problem(): string | undefined {
    this.#check()
    if (this.#broken !== undefined) return `${basename(this.#file)} ${this.#broken}`
    if (this.#open === undefined) return `${basename(this.#file)} does not exist yet`
    return this.#isMissing ? `${basename(this.#file)} was deleted; its last state is shown` : undefined
  }

  /**
   * Changes with every commit and every replacement of the file. Data that was read at one version is valid until the
   * version changes.
   */
  get version(): string {
    this.#check()
    return this.#open === undefined || this.#broken !== undefined
      ? `none ${this.#broken}`
      : `${this.#openings}.${this.#open.readVersion()}`
  }

  /** Undefined while the file cannot be read. It never throws, because timers call it. */
  get status(): ReadModelStatus | undefined {
    this.#check()
    if (this.#broken !== undefined || this.#open === undefined) return undefined
    const { readStatus, identity } = this.#open
    try {
      return readStatus()
    } catch (error) {
      if (!isPassing(error)) this.#breaks((error as Error).message, identity)
      return undefined
    }
  }

  /** Makes the next read notice at once if the file was replaced. */
  lookAgain(): void {
    this.#checkedAtMs = Number.NEGATIVE_INFINITY
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

  #tryToOpen(identity: string): OpenFile | undefined {
    let database: Database | undefined
    try {
      database = new Sqlite(this.#file, { readonly: true, fileMustExist: true, timeout: BUSY_TIMEOUT_MS })
      if (checkIdentity(database, this.#wanted)) {
        const prepared: OpenFile['prepared'] = new Map()
        for (const prepare of this.#prepares) prepared.set(prepare, prepare(database))
        const status = prepareStatus(database)
        // A damaged file can often be opened. It stays broken until its status can be read.
        status.readStatus()
        return { database, identity, prepared, ...status }
      }
    } catch (error) {
      // Its projector may be creating it now, so the next check finds it complete.
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

/** @returns false while the tables do not exist yet. @throws for a file of another read model or version */
function checkIdentity(database: Database, wanted: string): boolean {
  const tables = database.prepare<[], number>("SELECT count(*) FROM sqlite_schema WHERE name = 'meta'").pluck().get()
  if (tables === 0 && database.prepare<[], number>('SELECT count(*) FROM sqlite_schema').pluck().get() === 0)
    return false
  const select = database.prepare<[string], string>('SELECT value FROM meta WHERE name = ?').pluck()
  const found = `${select.get('projection')} ${select.get('version')}`
  if (found === wanted) return true
  throw new Error(`it holds "${found}", but this program reads "${wanted}"; delete it to rebuild it from the log`)
}

function prepareStatus(database: Database): Pick<OpenFile, 'readVersion' | 'readStatus'> {
  const version = database.prepare<[], number>('PRAGMA data_version').pluck()
  const checkpoints = database.prepare<[], { stream: string; sequence: number }>(SELECT_CHECKPOINTS)
  const accepted = database.prepare<[], number>(COUNT_ACCEPTED_LOST_EVENTS).pluck()
  const lost = database.prepare<[], number>(COUNT_LOST_EVENTS).pluck()
  const fileId = database.prepare<[], string>(SELECT_FILE_ID).pluck()
  return {
    readVersion: () => version.get()!,
    readStatus: () => ({
      checkpoints: checkpoints.all(),
      lostEvents: lost.get() ?? 0,
      acceptedLostEvents: accepted.get() ?? 0,
      fileId: fileId.get(),
    }),
  }
}

const isPassing = (error: unknown): boolean =>
  /^SQLITE_(BUSY|CANTOPEN|READONLY_(RECOVERY|CANTINIT|DIRECTORY))/.test((error as { code?: string }).code ?? '')
