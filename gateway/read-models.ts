import { statSync } from 'node:fs'
import { join } from 'node:path'
import Sqlite, { type Database, type Statement } from 'better-sqlite3'
import { AllTimeQueries } from '../projections/all-time/queries.ts'
import { HourlyQueries } from '../projections/hourly/queries.ts'
import { PostsQueries } from '../projections/posts/queries.ts'

const CHECK_INTERVAL_MS = 500

/**
 * A read model's file, opened read-only once its projector has made it, and again when another file has taken its place.
 * While there is none its readers get undefined, which means: nothing is known yet.
 */
export class ReadModelFile<Queries> implements Disposable {
  readonly #file: string
  readonly #prepare: (database: Database) => Queries
  #open: { database: Database; queries: Queries; inode: number; dataVersion: Statement<[], number> } | undefined
  #openings = 0
  #checkedAtMs = -CHECK_INTERVAL_MS

  constructor(file: string, prepare: (database: Database) => Queries) {
    this.#file = file
    this.#prepare = prepare
  }

  get queries(): Queries | undefined {
    if (performance.now() - this.#checkedAtMs >= CHECK_INTERVAL_MS) this.#check()
    return this.#open?.queries
  }

  get database(): Database | undefined {
    return this.queries === undefined ? undefined : this.#open?.database
  }

  /** Changes with every commit and every replacement of the file: what was read at one version holds while it lasts. */
  get version(): string {
    return this.queries === undefined ? 'none' : `${this.#openings}.${this.#open!.dataVersion.get()!}`
  }

  [Symbol.dispose](): void {
    this.#open?.database.close()
    this.#open = undefined
  }

  #check(): void {
    this.#checkedAtMs = performance.now()
    const inode = statSync(this.#file, { throwIfNoEntry: false })?.ino
    if (inode === this.#open?.inode) return
    this[Symbol.dispose]()
    if (inode === undefined) return
    let database: Database | undefined
    try {
      database = new Sqlite(this.#file, { readonly: true, fileMustExist: true })
      const dataVersion = database.prepare<[], number>('PRAGMA data_version').pluck()
      this.#open = { database, queries: this.#prepare(database), inode, dataVersion }
      this.#openings++
    } catch {
      // Its projector is just making it; the next look finds it whole.
      database?.close()
    }
  }
}

/** The three read models of a data folder. */
export class ReadModels implements Disposable {
  readonly posts: ReadModelFile<PostsQueries>
  readonly hourly: ReadModelFile<HourlyQueries>
  readonly allTime: ReadModelFile<AllTimeQueries>

  constructor(dataDir: string) {
    this.posts = new ReadModelFile(join(dataDir, 'posts.db'), (database) => new PostsQueries(database))
    this.hourly = new ReadModelFile(join(dataDir, 'hourly.db'), (database) => new HourlyQueries(database))
    this.allTime = new ReadModelFile(join(dataDir, 'all-time.db'), (database) => new AllTimeQueries(database))
  }

  /** By the projections' names. */
  all(): readonly (readonly [string, ReadModelFile<unknown>])[] {
    return [
      ['posts', this.posts],
      ['hourly', this.hourly],
      ['all-time', this.allTime],
    ]
  }

  /** Changes when anything in any of them does. */
  get version(): string {
    return `${this.posts.version} ${this.hourly.version} ${this.allTime.version}`
  }

  [Symbol.dispose](): void {
    for (const [, file] of this.all()) file[Symbol.dispose]()
  }
}
