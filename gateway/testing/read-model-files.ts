import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Sqlite, { type Database } from 'better-sqlite3'
import { tables as allTimeTables } from '../../projections/all-time/tables.ts'
import { checkpointTables } from '../../projections/checkpoint-tables.ts'
import { tables as hourlyTables } from '../../projections/hourly/tables.ts'
import { tables as postsTables } from '../../projections/posts/tables.ts'
import { toPostKey } from '../../schema/post-id.ts'

export interface TestPost {
  readonly id: string
  readonly subreddit: string
  readonly title?: string
  readonly createdUtc: number
  /** 0…10000; undefined is not scored. */
  readonly seriousness?: number | undefined
  readonly model?: string
}

function create(file: string, tables: string): Database {
  const database = new Sqlite(file)
  database.pragma('journal_mode = WAL')
  database.exec(checkpointTables)
  database.exec(tables)
  return database
}

/** The three read models in a temporary folder, with rows put in as their projectors would. */
export class ReadModelFiles implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'gravitas-gateway-'))
  readonly posts = create(join(this.folder, 'posts.db'), postsTables)
  readonly hourly = create(join(this.folder, 'hourly.db'), hourlyTables)
  readonly allTime = create(join(this.folder, 'all-time.db'), allTimeTables)
  #sequence = 0

  /** Adds posts in one commit per file. */
  add(...posts: readonly TestPost[]): void {
    this.posts.transaction(() => posts.forEach((post) => this.#addPost(post)))()
    const scored = posts.filter(({ seriousness }) => seriousness !== undefined)
    this.hourly.transaction(() => scored.forEach((post) => this.#addHour(post)))()
    this.allTime.transaction(() => scored.forEach((post) => this.#addTotal(post)))()
  }

  [Symbol.dispose](): void {
    for (const database of [this.posts, this.hourly, this.allTime]) database.close()
    rmSync(this.folder, { recursive: true, force: true })
  }

  #addPost({ id, subreddit, title = `Title of ${id}`, createdUtc, seriousness, model = 'serious-1' }: TestPost): void {
    const key = toPostKey(id)
    this.posts
      .prepare('INSERT OR IGNORE INTO posts VALUES (?, ?, ?, ?, ?, NULL, ?)')
      .run(key, id, subreddit, title, createdUtc, 'test')
    this.posts.prepare('INSERT OR REPLACE INTO titles (rowid, title) VALUES (?, ?)').run(key, title)
    this.posts.prepare(`INSERT INTO sources VALUES ('test', 1) ON CONFLICT DO UPDATE SET posts = posts + 1`).run()
    if (seriousness === undefined) return
    this.posts
      .prepare('INSERT INTO scores VALUES (?, ?, ?, ?, ?)')
      .run(key, model, subreddit, seriousness, ++this.#sequence)
    this.posts
      .prepare(
        `INSERT INTO checkpoints VALUES ('SCORES', '', ?, NULL) ON CONFLICT DO UPDATE SET sequence = excluded.sequence`,
      )
      .run(this.#sequence)
  }

  #addHour({ subreddit, createdUtc, seriousness: value = 0, model = 'serious-1' }: TestPost): void {
    const hour = createdUtc - (createdUtc % 3_600)
    this.hourly
      .prepare(
        `INSERT INTO hourly VALUES (?, ?, ?, 1, ?, ?) ON CONFLICT DO UPDATE SET
         posts = posts + 1, sum = sum + excluded.sum, sum_of_squares = sum_of_squares + excluded.sum_of_squares`,
      )
      .run(subreddit.toLowerCase(), model, hour, value, value * value)
  }

  #addTotal({ subreddit, seriousness: value = 0, model = 'serious-1' }: TestPost): void {
    this.allTime
      .prepare(
        `INSERT INTO all_time (subreddit, model, posts, sum, sum_of_squares) VALUES (?, ?, 1, ?, ?)
         ON CONFLICT DO UPDATE SET
         posts = posts + 1, sum = sum + excluded.sum, sum_of_squares = sum_of_squares + excluded.sum_of_squares`,
      )
      .run(subreddit.toLowerCase(), model, value, value * value)
    this.allTime
      .prepare('INSERT INTO names VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET posts = posts + 1')
      .run(subreddit.toLowerCase(), subreddit)
  }
}
