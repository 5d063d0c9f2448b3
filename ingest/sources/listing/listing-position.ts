import type { HourReport } from '../live/coverage-publisher.ts'
import { ReadHours, type StoredReadHours } from '../live/read-hours.ts'
import type { PositionStore } from '../live/position-store.ts'
import type { TakenPost } from './chunks.ts'
import { KnownIds } from '../live/known-ids.ts'

const IDS_PER_CHUNK = 2_000
/** At eight bytes each, so many ids fit into a message. */
const MAX_IDS = 60_000

interface Stored {
  /** By subreddit: the time up to which it is stored, or at which it was first asked for; seconds since the epoch. */
  readonly through: Readonly<Record<string, number>>
  /** Subreddits that were not read completely even once. */
  readonly unread: readonly string[]
  /** Ids of settled posts, separated by blanks, the one that was seen longest ago first. */
  readonly known: string
  readonly hours?: StoredReadHours
}

/**
 * How far listings have been read: for each subreddit up to which time, which posts are settled, and which hours were read.
 * A post is settled when it and every older post of its listing are stored; a reading stops at settled posts.
 * All of it is saved in one write, so that after a crash every post is counted once.
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

  /** @param source the name of the source, which is part of the position's key */
  static async load(positions: PositionStore, source: string, chunks: number): Promise<ListingPosition> {
    const key = `${source}.listing`
    return new ListingPosition(positions, key, await positions.read<Stored>(key), chunks)
  }

  /**
   * Notes that subreddits are read from `utc` (seconds since the epoch) on. Posts after it that cannot be read are a coverage gap.
   * Nothing changes for subreddits that are known already.
   */
  begin(names: readonly string[], utc: number): void {
    for (const name of names.filter((name) => !this.through.has(name))) {
      this.through.set(name, utc)
      this.#unread.add(name)
      this.#changed = true
    }
  }

  /** Whether one of these subreddits was never read completely. Then the whole window must be read before its posts are settled. */
  isNew(names: readonly string[]): boolean {
    return names.some((name) => this.#unread.has(name))
  }

  /** Notes that these subreddits are stored up to `utc` (seconds since the epoch). */
  advance(names: readonly string[], utc: number): void {
    for (const name of names) {
      this.through.set(name, utc)
      this.#unread.delete(name)
    }
    this.#changed = true
  }

  /** Notes that these posts are settled. */
  settle(ids: Iterable<string>): void {
    for (const id of ids) this.settled.add(id)
    this.#changed = true
  }

  /** Counts stored posts in their hours. */
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
