import type { Database } from 'better-sqlite3'
import type { PostErased } from '../schema/events.ts'
import { toPostKey } from '../schema/post-id.ts'
import { POSTS, SCORES } from '../schema/streams.ts'
import type { Erased, Position } from './projection.ts'

/** A table of every read model's file: the keys of erased posts, so that a late copy does not bring one back. */
export const erasedTable = 'CREATE TABLE erased (key INTEGER PRIMARY KEY) STRICT;'

/** A change that removes a post's rows and refuses later copies of the post. */
export interface ErasePost {
  readonly kind: 'erase'
  readonly key: number
  readonly messages: readonly Position[]
}

export const toErasure = ({ post_id, post_sequences = [], score_sequences = [] }: PostErased): ErasePost => ({
  kind: 'erase',
  key: toPostKey(post_id),
  messages: [
    ...post_sequences.map((sequence): Position => ({ stream: POSTS, sequence })),
    ...score_sequences.map((sequence): Position => ({ stream: SCORES, sequence })),
  ],
})

/** The posts that were erased. A look-up costs nothing while there are none. */
export class ErasedPosts {
  readonly #insert
  readonly #select
  #isEmpty: boolean
  #messages: Position[] | undefined
  #texts: string[] = []

  constructor(database: Database) {
    this.#insert = database.prepare<[number]>('INSERT OR IGNORE INTO erased (key) VALUES (?)')
    this.#select = database.prepare<[number], number>('SELECT 1 FROM erased WHERE key = ?').pluck()
    this.#isEmpty = database.prepare('SELECT 1 FROM erased LIMIT 1').get() === undefined
  }

  has(key: number): boolean {
    return !this.#isEmpty && this.#select.get(key) !== undefined
  }

  /** @returns true when the post was not erased before */
  add({ key, messages }: ErasePost): boolean {
    this.#isEmpty = false
    this.#messages ??= []
    this.#messages.push(...messages)
    return this.#insert.run(key).changes === 1
  }

  /** Records a text that was removed from the rows. */
  addText(text: string): void {
    this.#texts.push(text)
  }

  /** What was erased since the last call; undefined when nothing was. */
  flush(): Erased | undefined {
    if (this.#messages === undefined) return undefined
    const erased = { messages: this.#messages, texts: this.#texts }
    this.#messages = undefined
    this.#texts = []
    return erased
  }
}
