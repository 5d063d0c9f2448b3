import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Database } from 'better-sqlite3'
import { BatchWriter, type LogMessage } from '../../projections/file/batch-writer.ts'
import { openReadModel } from '../../projections/file/database.ts'
import { projections } from '../../projections/testing/all-projections.ts'
import { toBatches, toLog } from '../../projections/testing/replay.ts'
import type { GravitasEvent, HourCovered, PostScored, PostSubmitted } from '../../schema/events.ts'
import { inputsOf, type ReadModelName } from '../../schema/read-models.ts'
import { fromFixedSeriousness } from '../../schema/seriousness.ts'
import type { StreamName } from '../../schema/streams.ts'
import { hourCovered, postErased, postScored, postSubmitted } from '../../schema/testing/builders.ts'

export interface TestPost {
  readonly id: string
  readonly subreddit: string
  readonly title?: string
  readonly createdUtc: number
  /** From 0 to 10000; undefined for a post without a score. */
  readonly seriousness?: number | undefined
  readonly model?: string
}

/** An empty read model, as its projector creates it. */
export const createReadModel = (folder: string, name: ReadModelName): Database =>
  openReadModel(join(folder, `${name}.db`), projections[name])

/** The read models in a temporary folder, written by the projectors' own writers from a log in memory. */
export class ReadModelFiles implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'gravitas-gateway-'))
  posts = createReadModel(this.folder, 'posts')
  readonly hourly = createReadModel(this.folder, 'hourly')
  readonly allTime = createReadModel(this.folder, 'all-time')
  readonly #writers = new WeakMap<Database, BatchWriter>()
  #last: Partial<Record<StreamName, number>> = {}

  /** Publishes posts and their scores, in one commit per file. */
  add(...posts: readonly TestPost[]): void {
    const last = this.#last.POSTS ?? 0
    const scores = posts.map((post, index) => ({ ...toScore(post), post_sequence: last + index + 1 }))
    this.publish(...posts.map(toSubmission), ...scores.filter((_, index) => isScored(posts[index]!)))
  }

  addPostOnly(post: TestPost): void {
    this.publish(toSubmission(post))
  }

  addScoreOnly(post: TestPost): void {
    this.publish(toScore(post))
  }

  erase(...ids: readonly string[]): void {
    this.publish(...ids.map((post_id) => postErased({ post_id })))
  }

  /** Publishes a source's report about an hour. */
  cover(overrides: Partial<HourCovered>): void {
    this.publish(hourCovered(overrides))
  }

  publish(...events: readonly GravitasEvent[]): void {
    const messages = toLog(events, { storedAtMs: Date.now(), last: this.#last })
    this.#write('posts', this.posts, messages)
    this.#write('hourly', this.hourly, messages)
    this.#write('all-time', this.allTime, messages)
  }

  /** Begins a new log, in which every stream is numbered from 1. */
  restart(): void {
    this.#last = {}
  }

  [Symbol.dispose](): void {
    for (const database of [this.posts, this.hourly, this.allTime]) database.close()
    rmSync(this.folder, { recursive: true, force: true })
  }

  /** Commits those of the messages that the read model's projector would get. */
  #write(name: ReadModelName, database: Database, messages: readonly LogMessage[]): void {
    const wanted = inputsOf(projections[name]).flatMap(({ stream, filters }) =>
      messages.filter((message) => message.stream === stream && isWanted(message, filters)),
    )
    if (wanted.length === 0) return
    let writer = this.#writers.get(database)
    if (writer === undefined) this.#writers.set(database, (writer = new BatchWriter(database, projections[name])))
    const { rejected } = writer.write(toBatches(wanted))
    if (rejected > 0) throw new Error(`${name}: ${rejected} of the events are invalid`)
  }
}

const isWanted = ({ subject }: LogMessage, filters: readonly string[] | undefined): boolean =>
  filters === undefined || filters.some((filter) => subject.startsWith(filter.replace(/\*.*$/, '')))

const isScored = ({ seriousness }: TestPost): boolean => seriousness !== undefined

const toSubmission = ({ id, subreddit, title = `Title of ${id}`, createdUtc }: TestPost): PostSubmitted =>
  postSubmitted({ id, subreddit, title, created_utc: createdUtc, permalink: null })

const toScore = ({ id, subreddit, createdUtc, seriousness = 0, model = 'serious-1' }: TestPost): PostScored =>
  postScored({
    post_id: id,
    subreddit,
    created_utc: createdUtc,
    model,
    seriousness: fromFixedSeriousness(seriousness),
  })
