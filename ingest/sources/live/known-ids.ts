/** A set of post ids of limited size. When it is full, it forgets the id that was seen longest ago. */
export class KnownIds {
  readonly #ids: Set<string>
  readonly #capacity: number

  /** @param ids the id that was seen longest ago first */
  constructor(capacity: number, ids: Iterable<string> = []) {
    this.#capacity = capacity
    this.#ids = new Set(ids)
  }

  has(id: string): boolean {
    return this.#ids.has(id)
  }

  /** Adds an id, or notes that a known one was seen again. */
  add(id: string): void {
    this.#ids.delete(id)
    this.#ids.add(id)
    if (this.#ids.size <= this.#capacity) return
    for (const oldest of this.#ids) return void this.#ids.delete(oldest)
  }

  /** Notes that an id was seen again. An unknown id is not added. */
  touch(id: string): void {
    if (this.#ids.delete(id)) this.#ids.add(id)
  }

  /** The `count` ids that were seen last, or fewer, in the order in which they were seen. */
  newest(count: number): string[] {
    const newest: string[] = []
    let older = this.#ids.size - count
    for (const id of this.#ids) if (older-- <= 0) newest.push(id)
    return newest
  }

  /** The ids, the one that was seen longest ago first. */
  [Symbol.iterator](): Iterator<string> {
    return this.#ids.values()
  }
}
