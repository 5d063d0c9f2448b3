/**
 * Remembers which posts were scored of late, so that a repeated post does not grow SCORES. Two generations bound the
 * memory: when the younger is full, the elder is forgotten. Forgetting is harmless, since read models count a score once.
 */
export class RecentPosts {
  readonly #capacity: number
  #young = new Set<number>()
  #old = new Set<number>()

  /** @param capacity keys a generation */
  constructor(capacity = 100_000) {
    this.#capacity = capacity
  }

  has(key: number): boolean {
    return this.#young.has(key) || this.#old.has(key)
  }

  add(key: number): void {
    this.#young.add(key)
    if (this.#young.size < this.#capacity) return
    this.#old = this.#young
    this.#young = new Set()
  }
}
