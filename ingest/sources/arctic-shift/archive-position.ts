import { ReadHours, type StoredReadHours } from '../live/read-hours.ts'
import type { PositionStore } from '../live/position-store.ts'

/** The key of the position, which is also the name of the source. */
export const KEY = 'arctic-shift'
/** Each search begins this much before the last stored post, because the archive adds posts slightly out of order. */
const OVERLAP_S = 300
/** How many ids of recent posts are kept for each subreddit. */
const MAX_RECENT = 2_000

interface Stored {
  /** By subreddit: the time of the last stored post, seconds since the epoch. */
  readonly through: Readonly<Record<string, number>>
  /** By subreddit: ids of stored posts that the next search finds again, separated by blanks. */
  readonly recent?: Readonly<Record<string, string>>
  readonly hours?: StoredReadHours
}

/** How far the archive was read. All of it is saved in one write, so that after a crash every post is counted once. */
export class ArchivePosition {
  readonly hours: ReadHours
  readonly #through: Map<string, number>
  /** By subreddit: the ids and times of stored posts that the next search finds again. */
  readonly #recent: Map<string, Map<string, number>>
  readonly #positions: PositionStore

  private constructor(positions: PositionStore, { through, recent = {}, hours }: Stored) {
    this.#positions = positions
    this.#through = new Map(Object.entries(through))
    this.hours = new ReadHours(hours)
    this.#recent = new Map(
      Object.entries(recent).map(([name, ids]) => {
        return [name, new Map(ids.split(' ').map((id) => [id, through[name] ?? 0]))]
      }),
    )
  }

  static async load(positions: PositionStore): Promise<ArchivePosition> {
    return new ArchivePosition(positions, (await positions.read<Stored>(KEY)) ?? { through: {} })
  }

  async save(): Promise<void> {
    const recent = [...this.#recent].filter(([, ids]) => ids.size > 0)
    const position: Stored = {
      through: Object.fromEntries(this.#through),
      recent: Object.fromEntries(recent.map(([name, ids]) => [name, [...ids.keys()].join(' ')])),
      hours: this.hours.toStored(),
    }
    await this.#positions.save(KEY, position)
  }

  /** The time from which to search, seconds since the epoch; undefined when nothing was read yet. */
  searchFrom(name: string): number | undefined {
    const through = this.#through.get(name)
    return through === undefined ? undefined : through - OVERLAP_S
  }

  isStored(name: string, id: string): boolean {
    return this.#recent.get(name)?.has(id) === true
  }

  /** Notes that everything up to a time is stored. @param posts the times of the posts that were just read, by id */
  advance(name: string, throughUtc: number, posts: ReadonlyMap<string, number>): void {
    const through = Math.max(this.#through.get(name) ?? 0, throughUtc)
    this.#through.set(name, through)
    const recent = this.#recent.get(name) ?? new Map<string, number>()
    for (const [id, utc] of posts) recent.set(id, utc)
    // When there are too many, the first ones are dropped, which are nearly always the oldest.
    for (const [id, utc] of recent) if (utc < through - OVERLAP_S || recent.size > MAX_RECENT) recent.delete(id)
    this.#recent.set(name, recent)
  }
}
