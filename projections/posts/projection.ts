import type { Database } from 'better-sqlite3'
import type { PostScored, PostSubmitted } from '../../schema/events.ts'
import { toPostKey } from '../../schema/post-id.ts'
import { toFixedSeriousness } from '../../schema/seriousness.ts'
import { readModel } from '../../schema/read-models.ts'
import { ErasedPosts, toErasure, type ErasePost } from '../erased-posts.ts'
import type { ChangeWriter, Flushed, Projection } from '../projection.ts'
import { tables } from './tables.ts'

type PostsChange =
  | { readonly kind: 'submit'; readonly key: number; readonly post: PostSubmitted }
  | { readonly kind: 'score'; readonly key: number; readonly score: PostScored; readonly sequence: number }
  | ErasePost

/**
 * Every post with its scores and a full-text index of the titles. Of the copies of a post, the first in POSTS is kept,
 * which is also the copy whose score counts.
 */
export const projection: Projection<PostsChange> = {
  ...readModel('posts'),
  tables,
  // The full-text index makes an erasure cost a millisecond, a hundred times as much as an insert: this many take 200 ms.
  batchLimits: { PostErased: 250 },
  evolve: (event, { sequence }) => {
    if (event.type === 'PostSubmitted') return { kind: 'submit', key: toPostKey(event.id), post: event }
    if (event.type === 'PostScored') return { kind: 'score', key: toPostKey(event.post_id), score: event, sequence }
    if (event.type === 'PostErased') return toErasure(event)
    return undefined
  },
  createWriter: (database) => new PostsWriter(database),
}

interface PostRow {
  readonly id: string
  readonly subreddit: string
  readonly title: string
  readonly source: string
}

/** Words that are long enough to reveal something about a title. */
const WORD = /[\p{L}\p{N}]{6,}/gu
const MAX_WORDS = 50

class PostsWriter implements ChangeWriter<PostsChange> {
  readonly #insertPost
  readonly #insertTitle
  readonly #insertScore
  readonly #erased: ErasedPosts
  readonly #selectPost
  readonly #deleteTitle
  readonly #deletePost
  readonly #deleteScores
  readonly #addSource
  readonly #dropSource
  readonly #addToCount
  readonly #sources = new Map<string, number>()
  readonly #selectByWord
  /** The erased rows, of which id, subreddit and title are stored side by side in the file. */
  readonly #erasedRows: PostRow[] = []

  constructor(database: Database) {
    this.#erased = new ErasedPosts(database)
    this.#insertPost = database.prepare<[number, string, string, string, number, string | null, string]>(
      `INSERT INTO posts (key, id, subreddit, title, created_utc, permalink, source)
       VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
    )
    this.#insertTitle = database.prepare<[number, string]>('INSERT INTO titles (rowid, title) VALUES (?, ?)')
    // The score of an earlier copy of the post replaces that of a later one.
    this.#insertScore = database.prepare<[number, string, string, number, number, number | null]>(
      `INSERT INTO scores (key, model, subreddit, seriousness, sequence, post_sequence) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (key, model) DO UPDATE SET
         subreddit = excluded.subreddit, seriousness = excluded.seriousness, post_sequence = excluded.post_sequence
       WHERE excluded.post_sequence < ifnull(post_sequence, ${Number.MAX_SAFE_INTEGER})`,
    )
    this.#selectPost = database.prepare<[number], PostRow>(
      'SELECT id, subreddit, title, source FROM posts WHERE key = ?',
    )
    this.#selectByWord = database.prepare<[string], number>('SELECT 1 FROM titles WHERE titles MATCH ? LIMIT 1').pluck()
    this.#deleteTitle = database.prepare<[number, string]>(
      "INSERT INTO titles (titles, rowid, title) VALUES ('delete', ?, ?)",
    )
    this.#deletePost = database.prepare<[number]>('DELETE FROM posts WHERE key = ?')
    this.#deleteScores = database.prepare<[number]>('DELETE FROM scores WHERE key = ?')
    this.#addSource = database.prepare<[string, number]>(
      'INSERT INTO sources (source, posts) VALUES (?, ?) ON CONFLICT DO UPDATE SET posts = posts + excluded.posts',
    )
    this.#dropSource = database.prepare<[string]>('DELETE FROM sources WHERE source = ? AND posts = 0')
    this.#addToCount = database.prepare<[number]>('UPDATE post_count SET posts = posts + ?')
  }

  apply(change: PostsChange): void {
    if (change.kind === 'erase') return this.#erase(change)
    if (this.#erased.has(change.key)) return
    if (change.kind === 'submit') this.#submit(change.key, change.post)
    else this.#score(change.key, change.score, change.sequence)
  }

  flush(): Flushed {
    let all = 0
    for (const [source, posts] of this.#sources) {
      all += posts
      if (posts === 0) continue
      this.#addSource.run(source, posts)
      if (posts < 0) this.#dropSource.run(source)
    }
    if (all !== 0) this.#addToCount.run(all)
    this.#sources.clear()
    this.#noteErasedTexts()
    return { subreddits: [], erased: this.#erased.flush() }
  }

  /** Records the texts of the erased rows, and those of their words that no other title in the full-text index has. */
  #noteErasedTexts(): void {
    for (const { id, subreddit, title } of this.#erasedRows.splice(0)) {
      this.#erased.addText(id + subreddit + title)
      for (const word of new Set(title.toLowerCase().match(WORD)?.slice(0, MAX_WORDS))) {
        if (this.#selectByWord.get(`"${word}"`) === undefined) this.#erased.addText(word)
      }
    }
  }

  #submit(key: number, post: PostSubmitted): void {
    const { id, subreddit, title, created_utc, permalink } = post
    const source = post.source || 'unknown'
    if (this.#insertPost.run(key, id, subreddit, title, created_utc, permalink ?? null, source).changes === 0) return
    this.#insertTitle.run(key, title)
    this.#count(source, 1)
  }

  #score(key: number, score: PostScored, sequence: number): void {
    const { model, subreddit, post_sequence: postSequence = null } = score
    this.#insertScore.run(key, model, subreddit, toFixedSeriousness(score.seriousness), sequence, postSequence)
  }

  #erase(erasure: ErasePost): void {
    if (!this.#erased.add(erasure)) return
    const { key } = erasure
    this.#deleteScores.run(key)
    const post = this.#selectPost.get(key)
    if (post === undefined) return
    this.#deleteTitle.run(key, post.title)
    this.#deletePost.run(key)
    this.#erasedRows.push(post)
    this.#count(post.source, -1)
  }

  #count(source: string, by: 1 | -1): void {
    this.#sources.set(source, (this.#sources.get(source) ?? 0) + by)
  }
}
