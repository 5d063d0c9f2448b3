import { join } from 'node:path'
import type { Database } from 'better-sqlite3'
import { allTimeQueries } from '../../projections/all-time/queries.ts'
import { hourlyQueries } from '../../projections/hourly/queries.ts'
import { postsQueries } from '../../projections/posts/queries.ts'
import { READ_MODEL_NAMES, readModel, type ReadModelName } from '../../schema/read-models.ts'
import type { Logger } from '../../schema/runtime/logger.ts'
import { ReadModelFile, type ReadModelStatus } from './read-model-file.ts'

/** The prepared statements of a read model, as its `queries.ts` exports them. */
export interface QuerySet<Queries> {
  readonly readModel: ReadModelName
  readonly prepare: (database: Database) => Queries
}

/** A read model with its queries. */
export class ReadModel<Queries> {
  readonly #file: ReadModelFile
  readonly #set: QuerySet<Queries>

  constructor(file: ReadModelFile, set: QuerySet<Queries>) {
    this.#file = file
    this.#set = set
  }

  /**
   * Undefined while there is nothing to read yet.
   * @throws READ_MODEL_UNAVAILABLE if the file exists but cannot be read
   */
  get queries(): Queries | undefined {
    return this.#file.queries(this.#set.prepare)
  }

  /** Like {@link queries}, but also undefined if the file cannot be read. */
  get peek(): Queries | undefined {
    return this.#file.peek(this.#set.prepare)
  }

  get status(): ReadModelStatus | undefined {
    return this.#file.status
  }

  get problem(): string | undefined {
    return this.#file.problem
  }
}

/** The read models of a data folder. */
export class ReadModels implements Disposable {
  readonly #files: ReadonlyMap<ReadModelName, ReadModelFile>
  readonly posts
  readonly hourly
  readonly allTime

  constructor(dataDir: string, logger: Pick<Logger, 'error'>) {
    this.#files = new Map(
      READ_MODEL_NAMES.map((name) => [name, new ReadModelFile(join(dataDir, `${name}.db`), readModel(name), logger)]),
    )
    this.posts = this.of(postsQueries)
    this.hourly = this.of(hourlyQueries)
    this.allTime = this.of(allTimeQueries)
  }

  of<Queries>(set: QuerySet<Queries>): ReadModel<Queries> {
    return new ReadModel(this.#files.get(set.readModel)!, set)
  }

  /** All files by the names of their read models. */
  get files(): ReadonlyMap<ReadModelName, ReadModelFile> {
    return this.#files
  }

  /** The problems with the files, in words. */
  get problems(): string[] {
    return [...this.#files.values()].flatMap((file) => file.problem ?? [])
  }

  /** Changes when any of the files changes. */
  get version(): string {
    let version = ''
    for (const file of this.#files.values()) version += `${file.version} `
    return version
  }

  /** Makes the next read of each file notice at once if the file was replaced. */
  lookAgain(): void {
    for (const file of this.#files.values()) file.lookAgain()
  }

  [Symbol.dispose](): void {
    for (const file of this.#files.values()) file[Symbol.dispose]()
  }
}
