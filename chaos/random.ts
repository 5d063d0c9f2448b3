import { createRandom, pick, type Random } from '../ingest/sources/demo/random.ts'

/** Makes every random choice of a run. The same seed gives the same choices. */
export class Draw {
  readonly #random: Random

  constructor(seed: string) {
    this.#random = createRandom(seed)
  }

  /** A whole number from `min` to `max`, both inclusive. */
  number(min: number, max: number): number {
    return min + Math.floor(this.#random() * (max - min + 1))
  }

  chance(probability: number): boolean {
    return this.#random() < probability
  }

  /** @throws RangeError when there is nothing to choose from */
  pick<const T>(from: readonly T[]): T {
    if (from.length === 0) throw new RangeError('there is nothing to choose from')
    return pick(this.#random, from)
  }

  /** Up to `count` different items. */
  some<T>(from: readonly T[], count: number): T[] {
    return this.shuffle(from).slice(0, count)
  }

  shuffle<T>(from: readonly T[]): T[] {
    const items = [...from]
    for (let index = items.length - 1; index > 0; index--) {
      const other = this.number(0, index)
      ;[items[index], items[other]] = [items[other]!, items[index]!]
    }
    return items
  }
}
