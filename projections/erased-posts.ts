import type { Database } from 'better-sqlite3'

/** In every read model's file: the keys of erased posts, so that a late copy does not bring one back. */
export const erasedTable = 'CREATE TABLE erased (key INTEGER PRIMARY KEY) STRICT;'

/** Which posts were erased. Where none was, asking costs nothing. */
export class ErasedPosts {
  readonly #insert
  readonly #select
  #isEmpty: boolean

  constructor(database: Database) {
    this.#insert = database.prepare<[number]>('INSERT OR IGNORE INTO erased (key) VALUES (?)')
    this.#select = database.prepare<[number], number>('SELECT 1 FROM erased WHERE key = ?').pluck()
    this.#isEmpty = database.prepare('SELECT 1 FROM erased LIMIT 1').get() === undefined
  }

  has(key: number): boolean {
    return !this.#isEmpty && this.#select.get(key) !== undefined
  }

  /** @returns whether it is new */
  add(key: number): boolean {
    this.#isEmpty = false
    return this.#insert.run(key).changes === 1
  }
}
