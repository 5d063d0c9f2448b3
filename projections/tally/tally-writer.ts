import type { Database } from 'better-sqlite3'
import { ErasedPosts, type ErasePost } from '../erased-posts.ts'
import type { ChangeWriter, Flushed } from '../projection.ts'
import { prepareTally, type CountedScore, type Delta, type TallyStatements } from './statements.ts'
import type { TallyShape } from './tables.ts'

/** A change that counts one score of one post. */
export type CountScore = CountedScore & { readonly kind: 'count' }
export type TallyChange = CountScore | ErasePost

/** Keeps the ledger, the sums and the names of a tally. */
export class TallyWriter implements ChangeWriter<TallyChange> {
  readonly #statements: TallyStatements
  readonly #erased: ErasedPosts
  readonly #addName
  readonly #dropNames
  /** The deltas by group. A batch has many scores of the same group, whose row is updated once. */
  readonly #deltas = new Map<string, Delta>()
  readonly #names = new Map<string, number>()

  constructor(database: Database, shape: TallyShape) {
    this.#statements = prepareTally(database, shape)
    this.#erased = new ErasedPosts(database)
    this.#addName = database.prepare<[string, string, number]>(
      `INSERT INTO names (subreddit, name, posts) VALUES (?, ?, ?)
       ON CONFLICT DO UPDATE SET posts = posts + excluded.posts`,
    )
    this.#dropNames = database.prepare<[string]>('DELETE FROM names WHERE subreddit = ? AND posts = 0')
  }

  apply(change: TallyChange): void {
    if (change.kind === 'erase') this.#erase(change)
    else if (!this.#erased.has(change.key)) this.#count(change)
  }

  flush(): Flushed {
    const changed = new Set<string>()
    for (const delta of this.#deltas.values()) {
      changed.add(delta.subreddit)
      if (delta.posts !== 0 || delta.sum !== 0 || delta.sumOfSquares !== 0) this.#statements.addDelta(delta)
    }
    for (const [name, posts] of this.#names) {
      if (posts === 0) continue
      this.#addName.run(name.toLowerCase(), name, posts)
      if (posts < 0) this.#dropNames.run(name.toLowerCase())
    }
    this.#deltas.clear()
    this.#names.clear()
    return { subreddits: [...changed], erased: this.#erased.flush() }
  }

  /** Of the copies of a post, the first in POSTS counts, whichever was scored first (docs/decisions/008-copies-of-a-post.md). */
  #count(score: CountScore): void {
    if (this.#statements.insertCounted(score)) return this.#tally(score, 1)
    const replaced = this.#statements.takeLaterCopy(score)
    if (replaced === undefined) return
    this.#tally(replaced, -1)
    this.#statements.insertCounted(score)
    this.#tally(score, 1)
  }

  #erase(erasure: ErasePost): void {
    if (!this.#erased.add(erasure)) return
    for (const score of this.#statements.takeCounted(erasure.key)) this.#tally(score, -1)
  }

  #tally({ model, bucket, seriousness, subreddit: name }: CountedScore, sign: 1 | -1): void {
    const subreddit = name.toLowerCase()
    const id = `${subreddit} ${model} ${bucket}`
    let delta = this.#deltas.get(id)
    if (delta === undefined) {
      delta = { subreddit, model, bucket, posts: 0, sum: 0, sumOfSquares: 0 }
      this.#deltas.set(id, delta)
    }
    delta.posts += sign
    delta.sum += sign * seriousness
    delta.sumOfSquares += sign * seriousness * seriousness
    this.#names.set(name, (this.#names.get(name) ?? 0) + sign)
  }
}
