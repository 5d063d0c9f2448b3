/** Ids that were stored, those seen longest ago forgotten first. */
export class KnownIds {
  readonly #ids: Set<string>
  readonly #capacity: number

  /** @param ids the one seen longest ago first */
  constructor(capacity: number, ids: Iterable<string> = []) {
    this.#capacity = capacity
    this.#ids = new Set(ids)
  }

  has(id: string): boolean {
    return this.#ids.has(id)
  }

  /** Notes that an id was seen now. */
  add(id: string): void {
    this.#ids.delete(id)
    this.#ids.add(id)
    if (this.#ids.size <= this.#capacity) return
    for (const oldest of this.#ids) return void this.#ids.delete(oldest)
  }

  /** Notes that an id was seen again, if it is known. */
  touch(id: string): void {
    if (this.#ids.delete(id)) this.#ids.add(id)
  }

  /** The one seen longest ago first. */
  [Symbol.iterator](): Iterator<string> {
    return this.#ids.values()
  }
}
