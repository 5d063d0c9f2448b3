import type { HourReport } from '../live/coverage-publisher.ts'
import { ReadHours, type StoredReadHours } from '../live/read-hours.ts'
import type { PositionStore } from '../live/position-store.ts'
import type { TakenPost } from './chunks.ts'
import { KnownIds } from '../live/known-ids.ts'

const IDS_PER_CHUNK = 2_000
/** At eight bytes each they fit a message. */
const MAX_IDS = 60_000

interface Stored {
  /** By subreddit: when it was last read to known ground, or first asked for; seconds since the epoch. */
  readonly through: Readonly<Record<string, number>>
  /** Subreddits of which nothing was read yet. */
  readonly unread: readonly string[]
  /** Ids, separated by blanks, the one seen longest ago first. */
  readonly known: string
  readonly hours?: StoredReadHours
}

/**
 * How far listings have been read: for each subreddit until when, which posts are known ground, and which hours were read.
 * All of it is saved at once: after a crash every post counts once.
 */
export class ListingPosition {
  readonly settled: KnownIds
  readonly through: Map<string, number>
  readonly hours: ReadHours
  readonly #unread: Set<string>
  readonly #positions: PositionStore
  readonly #key: string
  #changed = false

  private constructor(positions: PositionStore, key: string, stored: Stored | undefined, chunks: number) {
    const capacity = Math.min(MAX_IDS, IDS_PER_CHUNK * (chunks + 1))
    this.#positions = positions
    this.#key = key
    this.settled = new KnownIds(capacity, stored?.known.split(' ').filter(Boolean))
    this.#unread = new Set(stored?.unread)
    this.through = new Map(Object.entries(stored?.through ?? {}))
    this.hours = new ReadHours(stored?.hours)
  }

  /** @param source the name of the source, under which its position is kept */
  static async load(positions: PositionStore, source: string, chunks: number): Promise<ListingPosition> {
    const key = `${source}.listing`
    return new ListingPosition(positions, key, await positions.read<Stored>(key), chunks)
  }

  /**
   * Notes that these subreddits are asked for since `utc` (seconds), where that is new: what they lack from then on is a
   * gap.
   */
  begin(names: readonly string[], utc: number): void {
    for (const name of names.filter((name) => !this.through.has(name))) {
      this.through.set(name, utc)
      this.#unread.add(name)
      this.#changed = true
    }
  }

  /** Whether one of these was never read: only the whole window makes ground of it. */
  isNew(names: readonly string[]): boolean {
    return names.some((name) => this.#unread.has(name))
  }

  /** Notes that these subreddits are stored up to `utc` (seconds). */
  advance(names: readonly string[], utc: number): void {
    for (const name of names) {
      this.through.set(name, utc)
      this.#unread.delete(name)
    }
    this.#changed = true
  }

  /** Makes known ground of these posts. */
  settle(ids: Iterable<string>): void {
    for (const id of ids) this.settled.add(id)
    this.#changed = true
  }

  /** Counts posts that were taken, in their hours. */
  count(posts: Iterable<TakenPost>): void {
    for (const { subreddit, createdUtc } of posts) {
      if (createdUtc !== undefined) this.hours.count(subreddit, createdUtc)
    }
    this.#changed = true
  }

  /** Notes that these reports on hours are stored. */
  reported(reports: readonly HourReport[], nowUtc: number): void {
    this.hours.reported(reports, nowUtc)
    this.#changed = true
  }

  async save(): Promise<void> {
    if (!this.#changed) return
    this.#changed = false
    const [through, unread] = [Object.fromEntries(this.through), [...this.#unread]]
    const known = [...this.settled].join(' ')
    const position: Stored = { through, unread, known, hours: this.hours.toStored() }
    await this.#positions.save(this.#key, position)
  }
}
