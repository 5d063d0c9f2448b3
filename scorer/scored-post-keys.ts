/** The slots of a table. With a power of two, a mask finds the slot of a hash. */
const SLOTS = 2 ** 20
const MASK = SLOTS - 1

/** A set of positive keys with open addressing. It takes 8 MB for half a million keys, a fifth of the memory of a Set. */
class KeyTable {
  readonly #slots = new Float64Array(SLOTS)
  #size = 0

  get isFull(): boolean {
    return this.#size >= SLOTS / 2
  }

  has(key: number): boolean {
    return this.#slots[this.#slotOf(key)] === key
  }

  add(key: number): void {
    const slot = this.#slotOf(key)
    if (this.#slots[slot] === key) return
    this.#slots[slot] = key
    this.#size++
  }

  /** The slot that holds the key, or in which it would be put. */
  #slotOf(key: number): number {
    let hash = Math.imul((key % 2 ** 32) ^ (key / 2 ** 32), 0x9e3779b1)
    hash ^= hash >>> 15
    let slot = hash & MASK
    while (this.#slots[slot] !== 0 && this.#slots[slot] !== key) slot = (slot + 1) & MASK
    return slot
  }
}

/**
 * Remembers which posts were scored recently, so that a repeated post does not grow SCORES. It has two tables to limit its
 * memory: when the younger one is full, the older one is dropped, so that at least the last half million posts are known.
 * Forgetting a post is harmless, because read models count a score once.
 */
export class ScoredPostKeys {
  #young = new KeyTable()
  #old = new KeyTable()

  has(key: number): boolean {
    return this.#young.has(key) || this.#old.has(key)
  }

  add(key: number): void {
    this.#young.add(key)
    if (!this.#young.isFull) return
    this.#old = this.#young
    this.#young = new KeyTable()
  }
}
