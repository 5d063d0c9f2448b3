import { hourOf } from '../schema/hours.ts'
import type { Database } from 'better-sqlite3'
import { toFixedSeriousness } from '../schema/seriousness.ts'
import { toPostKey } from '../schema/post-id.ts'
import type { GravitasEvent } from '../schema/events.ts'
import { ErasedPosts } from './erased-posts.ts'
import type { ChangeWriter } from './projection.ts'

/** Count one score of one post. `hour` is seconds since the epoch, at the start of the hour of the post's creation. */
export interface CountScore {
  readonly kind: 'count'
  readonly key: number
  readonly model: string
  readonly subreddit: string
  readonly hour: number
  /** 0…10000 */
  readonly seriousness: number
}
/** Take a post's scores out again, and let none of it in later. */
export interface ErasePost {
  readonly kind: 'erase'
  readonly key: number
}
export type TallyChange = CountScore | ErasePost

/** What an event changes in a read model that adds up scores. */
export function toTallyChange(event: GravitasEvent): TallyChange | undefined {
  if (event.type === 'PostErased') return { kind: 'erase', key: toPostKey(event.post_id) }
  if (event.type !== 'PostScored') return undefined
  return {
    kind: 'count',
    key: toPostKey(event.post_id),
    model: event.model,
    subreddit: event.subreddit,
    hour: hourOf(event.created_utc),
    seriousness: toFixedSeriousness(event.seriousness),
  }
}

/** Sums of one group of scores: added at once per batch, since a batch meets the same groups again and again. */
export interface Delta {
  readonly subreddit: string
  readonly model: string
  readonly hour: number
  posts: number
  sum: number
  sumOfSquares: number
}

/** The statements of a tallying read model; its ledger has `hour` only where its groups have. */
export interface TallyTables {
  /** Distinguishes the groups of one subreddit and model. */
  groupOf(change: CountScore): number
  /** Inserts a ledger row unless the score is already there. */
  insertCounted(change: CountScore): boolean
  /** Adds a delta to its group's row; removes the row where no post is left. */
  addDelta(delta: Delta): void
  selectCounted: string
}

interface CountedRow {
  readonly model: string
  readonly subreddit: string
  readonly hour: number
  readonly seriousness: number
}

/** How often each spelling of a subreddit's name was seen: the most frequent is shown, whatever the order of events. */
export const namesTable = `CREATE TABLE names (
  subreddit TEXT NOT NULL COLLATE NOCASE,
  name TEXT NOT NULL,
  posts INTEGER NOT NULL,
  PRIMARY KEY (subreddit, name)
) STRICT, WITHOUT ROWID;`

/** The ledger and sums that `hourly` and `all-time` have in common. */
export class TallyWriter implements ChangeWriter<TallyChange> {
  readonly #tables: TallyTables
  readonly #erased: ErasedPosts
  readonly #selectCounted
  readonly #deleteCounted
  readonly #addName
  readonly #dropNames
  readonly #deltas = new Map<string, Delta>()
  readonly #names = new Map<string, number>()

  constructor(database: Database, tables: TallyTables) {
    this.#tables = tables
    this.#erased = new ErasedPosts(database)
    this.#selectCounted = database.prepare<[number], CountedRow>(tables.selectCounted)
    this.#deleteCounted = database.prepare<[number]>('DELETE FROM counted WHERE key = ?')
    this.#addName = database.prepare<[string, string, number]>(
      `INSERT INTO names (subreddit, name, posts) VALUES (?, ?, ?)
       ON CONFLICT DO UPDATE SET posts = posts + excluded.posts`,
    )
    this.#dropNames = database.prepare<[string]>('DELETE FROM names WHERE subreddit = ? AND posts = 0')
  }

  apply(change: TallyChange): void {
    if (change.kind === 'erase') this.#erase(change.key)
    else if (!this.#erased.has(change.key) && this.#tables.insertCounted(change)) this.#tally(change, 1)
  }

  flush(): readonly string[] {
    const changed = new Set<string>()
    for (const delta of this.#deltas.values()) {
      changed.add(delta.subreddit)
      if (delta.posts !== 0 || delta.sum !== 0 || delta.sumOfSquares !== 0) this.#tables.addDelta(delta)
    }
    for (const [name, posts] of this.#names) {
      if (posts === 0) continue
      this.#addName.run(name.toLowerCase(), name, posts)
      if (posts < 0) this.#dropNames.run(name.toLowerCase())
    }
    this.#deltas.clear()
    this.#names.clear()
    return [...changed]
  }

  #erase(key: number): void {
    if (!this.#erased.add(key)) return
    for (const row of this.#selectCounted.all(key)) this.#tally({ kind: 'count', key, ...row }, -1)
    this.#deleteCounted.run(key)
  }

  #tally(change: CountScore, sign: 1 | -1): void {
    const { model, seriousness } = change
    const subreddit = change.subreddit.toLowerCase()
    const hour = this.#tables.groupOf(change)
    const id = `${subreddit} ${model} ${hour}`
    let delta = this.#deltas.get(id)
    if (delta === undefined) {
      delta = { subreddit, model, hour, posts: 0, sum: 0, sumOfSquares: 0 }
      this.#deltas.set(id, delta)
    }
    delta.posts += sign
    delta.sum += sign * seriousness
    delta.sumOfSquares += sign * seriousness * seriousness
    this.#names.set(change.subreddit, (this.#names.get(change.subreddit) ?? 0) + sign)
  }
}
