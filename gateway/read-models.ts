import { join } from 'node:path'
import * as allTime from '../projections/all-time/queries.ts'
import * as hourly from '../projections/hourly/queries.ts'
import * as posts from '../projections/posts/queries.ts'
import type { Logger } from '../schema/runtime/logger.ts'
import { ReadModelFile } from './read-model-file.ts'

/** The three read models of a data folder. */
export class ReadModels implements Disposable {
  readonly posts: ReadModelFile<posts.PostsQueries>
  readonly hourly: ReadModelFile<hourly.HourlyQueries>
  readonly allTime: ReadModelFile<allTime.AllTimeQueries>

  constructor(dataDir: string, logger: Logger) {
    const file = (name: string): string => join(dataDir, `${name}.db`)
    this.posts = new ReadModelFile(file('posts'), posts.reads, (db) => new posts.PostsQueries(db), logger)
    this.hourly = new ReadModelFile(file('hourly'), hourly.reads, (db) => new hourly.HourlyQueries(db), logger)
    this.allTime = new ReadModelFile(file('all-time'), allTime.reads, (db) => new allTime.AllTimeQueries(db), logger)
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
