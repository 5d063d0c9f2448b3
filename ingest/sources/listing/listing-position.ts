import type { PositionStore } from '../live/source.ts'
import { KnownIds } from './known-ids.ts'

const IDS_PER_CHUNK = 2_000
/** At eight bytes each they fit a message. */
const MAX_IDS = 60_000

interface Stored {
  /** By subreddit: when it was last read to known ground, seconds since the epoch. */
  readonly through: Readonly<Record<string, number>>
  /** Ids, separated by blanks, the one seen longest ago first. */
  readonly known: string
}

/** How far listings have been read: for each subreddit until when, and which posts are known ground. */
export class ListingPosition {
  readonly known: KnownIds
  readonly through: Map<string, number>
  readonly #positions: PositionStore
  readonly #key: string
  #changed = false

  private constructor(positions: PositionStore, key: string, stored: Stored | undefined, chunks: number) {
    const capacity = Math.min(MAX_IDS, IDS_PER_CHUNK * (chunks + 1))
    this.#positions = positions
    this.#key = key
    this.known = new KnownIds(capacity, stored?.known.split(' ').filter(Boolean))
    this.through = new Map(Object.entries(stored?.through ?? {}))
  }

  /** @param source the name of the source, under which its position is kept */
  static async load(positions: PositionStore, source: string, chunks: number): Promise<ListingPosition> {
    const key = `${source}.listing`
    return new ListingPosition(positions, key, await positions.read<Stored>(key), chunks)
  }

  /** Notes that these subreddits are stored up to `utc` (seconds), and these posts with them. */
  advance(names: readonly string[], utc: number, ids: Iterable<string>): void {
    for (const name of names) this.through.set(name, utc)
    for (const id of ids) this.known.add(id)
    this.#changed = true
  }

  /** The earliest time up to which all of these are stored; undefined when one was never read. */
  storedUntil(names: readonly string[]): number | undefined {
    const times = names.map((name) => this.through.get(name))
    return times.includes(undefined) ? undefined : Math.min(...(times as number[]))
  }

  async save(): Promise<void> {
    if (!this.#changed) return
    this.#changed = false
    const position: Stored = { through: Object.fromEntries(this.through), known: [...this.known].join(' ') }
    await this.#positions.save(this.#key, position)
  }
}
