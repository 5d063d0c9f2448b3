interface Change<T> {
  readonly version: number
  readonly key: string
  readonly value: T
}

/** How many superseded changes may be kept before they are removed. */
const MIN_SLACK = 1_000

/**
 * The latest change of each key, in the order of the changes, for all subscribers. A subscriber holds only the version that
 * it has read up to, so one that does not read needs no memory, and it skips values that were replaced meanwhile.
 */
export class LatestChanges<T> {
  #changes: Change<T>[] = []
  readonly #latest = new Map<string, number>()
  #version = 0

  /** The version of the last change. */
  get version(): number {
    return this.#version
  }

  add(key: string, value: T): void {
    this.#changes.push({ version: ++this.#version, key, value })
    this.#latest.set(key, this.#version)
    if (this.#changes.length > 2 * this.#latest.size + MIN_SLACK) this.#changes = this.#changes.filter(this.#isLatest)
  }

  /** Reads at most `limit` changes after a version that `isWanted`. @returns the version to continue with, too */
  after(version: number, limit: number, isWanted: (key: string) => boolean): { values: T[]; version: number } {
    const values: T[] = []
    for (let index = this.#firstAfter(version); index < this.#changes.length; index++) {
      const change = this.#changes[index]!
      if (!this.#isLatest(change) || !isWanted(change.key)) continue
      if (values.push(change.value) === limit) return { values, version: change.version }
    }
    return { values, version: this.#version }
  }

  /** Forgets the changes up to a version, which all subscribers have read. */
  forget(version: number): void {
    const count = this.#firstAfter(version)
    for (const change of this.#changes.splice(0, count)) if (this.#isLatest(change)) this.#latest.delete(change.key)
  }

  readonly #isLatest = ({ key, version }: Change<T>): boolean => this.#latest.get(key) === version

  /** The index of the first change after a version, by bisection. */
  #firstAfter(version: number): number {
    let low = 0
    let high = this.#changes.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#changes[middle]!.version > version) high = middle
      else low = middle + 1
    }
    return low
  }
}
