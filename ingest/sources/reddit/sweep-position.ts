import { KnownIds } from '../live/known-ids.ts'
import type { PositionStore } from '../live/position-store.ts'
import { IdHours, type IdRange, type StoredIdHours } from './id-hours.ts'
import { toId, toNumber } from './id-space.ts'
import { PendingIds, type StoredPending } from './pending-ids.ts'

const KEY = 'reddit.sweep'
/** About an hour of posts. */
const KNOWN_IDS = 60_000
/** Twice as many as a listing shows. */
const MAX_STORED_KNOWN = 2_000

interface Stored {
  /** The next id to read. Every id below is stored, pending, given up or in the backlog. */
  readonly next: string
  /** All ids that were given out before this time are below `next`; seconds since the epoch. */
  readonly utc: number
  /** The time of the last post below `next`; missing when it is not known. */
  readonly frontUtc?: number
  /** Ranges of ids to be caught up, without their end, and about the time in which they were given out (seconds since the epoch). */
  readonly backlog: readonly (readonly [from: string, until: string, fromUtc?: number, untilUtc?: number])[]
  readonly pending: StoredPending
  /** Ids of stored posts that listings may show, separated by blanks. */
  readonly known?: string
  readonly hours?: StoredIdHours
}

/** A range of ids to be caught up. Its beginning moves as it is read. */
export type Backlog = { -readonly [key in keyof IdRange]: IdRange[key] }

/** How far the ids were read, and with what result. All of it is saved in one write, so that after a crash every id is counted once. */
export class SweepPosition {
  /** The next id to read; undefined before the first start. */
  next: number | undefined
  utc: number
  frontUtc: number | undefined
  readonly backlog: Backlog[]
  readonly pending: PendingIds
  /** Recently stored posts, which may be met again in listings or by their ids. */
  readonly known: KnownIds
  readonly hours: IdHours
  readonly #positions: PositionStore

  private constructor(positions: PositionStore, stored: Stored | undefined) {
    this.#positions = positions
    this.next = stored === undefined ? undefined : toNumber(stored.next)
    this.utc = stored?.utc ?? 0
    this.frontUtc = stored?.frontUtc
    this.backlog = (stored?.backlog ?? []).map(([from, until, fromUtc = this.utc, untilUtc = this.utc]) => {
      return { from: toNumber(from), until: toNumber(until), fromUtc, untilUtc }
    })
    this.known = new KnownIds(KNOWN_IDS, stored?.known?.split(' '))
    this.pending = PendingIds.load(stored?.pending ?? [])
    this.hours = new IdHours(stored?.hours)
  }

  static async load(positions: PositionStore): Promise<SweepPosition> {
    return new SweepPosition(positions, await positions.read<Stored>(KEY))
  }

  /** Whether an id was read: it lies below `next` and is not in the backlog. */
  isSwept(id: number): boolean {
    return id < (this.next ?? 0) && !this.backlog.some(({ from, until }) => id >= from && id < until)
  }

  async save(): Promise<void> {
    if (this.next === undefined) return
    const hours = this.hours.toStored()
    const position: Stored = {
      next: toId(this.next),
      utc: this.utc,
      ...(this.frontUtc === undefined ? {} : { frontUtc: this.frontUtc }),
      backlog: this.backlog.map(({ from, until, fromUtc, untilUtc }) => [toId(from), toId(until), fromUtc, untilUtc]),
      pending: this.pending.toStored(),
      known: this.known.newest(MAX_STORED_KNOWN).join(' '),
      ...(hours === undefined ? {} : { hours }),
    }
    await this.#positions.save(KEY, position)
  }
}
