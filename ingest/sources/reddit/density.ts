/** Of so many ids the newest count. */
const WINDOW_IDS = 200
/** Fewer say nothing. */
const LEAST_IDS = 50
const SPARSE_SHARE = 0.5

/** How many of the ids that were walked over lately led to a post. */
export class Density {
  #ids = 0
  #found = 0

  add(ids: number, found: number): void {
    const keep = Math.max(0, 1 - ids / WINDOW_IDS)
    this.#ids = this.#ids * keep + ids
    this.#found = this.#found * keep + found
  }

  /** Whether most are missing. */
  get isSparse(): boolean {
    return this.#ids >= LEAST_IDS && this.#found < SPARSE_SHARE * this.#ids
  }
}
