import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Sqlite, { type Database } from 'better-sqlite3'
import { allTime } from '../../projections/all-time/projection.ts'
import { checkpointTables } from '../../projections/checkpoint-tables.ts'
import { hourly } from '../../projections/hourly/projection.ts'
import { posts as postsProjection } from '../../projections/posts/projection.ts'
import type { HourCovered } from '../../schema/events.ts'
import { toPostKey } from '../../schema/post-id.ts'
import { hourCovered } from '../../schema/testing/builders.ts'

export interface TestPost {
  readonly id: string
  readonly subreddit: string
  readonly title?: string
  readonly createdUtc: number
  /** 0…10000; undefined is not scored. */
  readonly seriousness?: number | undefined
  readonly model?: string
}

const projections = { posts: postsProjection, hourly, 'all-time': allTime } as const

/** An empty read model, as its projector makes it. */
export function createReadModel(folder: string, name: keyof typeof projections): Database {
  const { version, tables } = projections[name]
  const database = new Sqlite(join(folder, `${name}.db`))
  database.pragma('journal_mode = WAL')
  database.exec(checkpointTables)
  database.exec(tables)
  database.prepare(`INSERT INTO meta VALUES ('projection', ?), ('version', ?)`).run(name, String(version))
  return database
}

const SET_CHECKPOINT = `INSERT INTO checkpoints VALUES (?, '', ?, NULL)
  ON CONFLICT DO UPDATE SET sequence = max(sequence, excluded.sequence)`

/** The three read models in a temporary folder, with rows put in as their projectors would. */
export class ReadModelFiles implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'gravitas-gateway-'))
  posts = createReadModel(this.folder, 'posts')
  readonly hourly = createReadModel(this.folder, 'hourly')
  readonly allTime = createReadModel(this.folder, 'all-time')
  #sequence = 0

  /** Adds posts in one commit per file. */
  add(...posts: readonly TestPost[]): void {
    this.posts.transaction(() => posts.forEach((post) => this.#addPost(post)))()
    const scored = posts.filter(({ seriousness }) => seriousness !== undefined)
    this.hourly.transaction(() => {
      scored.forEach((post) => this.#addHour(post))
      this.checkpoint(this.hourly, 'SCORES', this.#sequence)
    })()
    this.allTime.transaction(() => {
      scored.forEach((post) => this.#addTotal(post))
      this.checkpoint(this.allTime, 'SCORES', this.#sequence)
    })()
  }

  addPostOnly(post: TestPost): void {
    this.posts.transaction(() => this.#addPost({ ...post, seriousness: undefined }))()
  }

  addScoreOnly(post: TestPost): void {
    this.posts.transaction(() => this.#addScore(post))()
  }

  /** A source's report about an hour. */
  cover(overrides: Partial<HourCovered>): void {
    const { subreddit, hour_utc, source, expected, seen, erased, unknown, coverage } = hourCovered(overrides)
    this.hourly
      .prepare('INSERT INTO coverage VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1)')
      .run(subreddit?.toLowerCase() ?? '', hour_utc, source, expected, seen, erased, unknown, coverage)
  }

  /** Scores are numbered from 1 again, as in a replay. */
  restart(): void {
    this.#sequence = 0
  }

  /** Moves a checkpoint forward. */
  checkpoint(database: Database, stream: 'POSTS' | 'SCORES' | 'COVERAGE', sequence: number): void {
    database.prepare(SET_CHECKPOINT).run(stream, sequence)
  }

  [Symbol.dispose](): void {
    for (const database of [this.posts, this.hourly, this.allTime]) database.close()
    rmSync(this.folder, { recursive: true, force: true })
  }

  #addPost(post: TestPost): void {
    const { id, subreddit, title = `Title of ${id}`, createdUtc } = post
    const key = toPostKey(id)
    this.posts
      .prepare(
        `INSERT OR IGNORE INTO posts (key, id, subreddit, title, created_utc, permalink, source)
         VALUES (?, ?, ?, ?, ?, NULL, 'test')`,
      )
      .run(key, id, subreddit, title, createdUtc)
    this.posts.prepare('INSERT OR REPLACE INTO titles (rowid, title) VALUES (?, ?)').run(key, title)
    this.posts.prepare(`INSERT INTO sources VALUES ('test', 1) ON CONFLICT DO UPDATE SET posts = posts + 1`).run()
    if (post.seriousness !== undefined) this.#addScore(post)
  }

  #addScore({ id, subreddit, seriousness, model = 'serious-1' }: TestPost): void {
    this.posts
      .prepare('INSERT INTO scores (key, model, subreddit, seriousness, sequence) VALUES (?, ?, ?, ?, ?)')
      .run(toPostKey(id), model, subreddit, seriousness, ++this.#sequence)
    this.checkpoint(this.posts, 'SCORES', this.#sequence)
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
