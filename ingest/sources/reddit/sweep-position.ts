import { KnownIds } from '../live/known-ids.ts'
import type { PositionStore } from '../live/position-store.ts'
import { IdHours, type IdRange, type StoredIdHours } from './id-hours.ts'
import { toId, toNumber } from './id-space.ts'
import { PendingIds, type StoredPending } from './pending-ids.ts'

const KEY = 'reddit.sweep'
/** An hour of posts. */
const KNOWN_IDS = 60_000
/** Twice as many as a listing shows. */
const MAX_STORED_KNOWN = 2_000

interface Stored {
  /** Ids below are stored, pending, given up or in the backlog. */
  readonly next: string
  /** What was given out until then is below `next`; seconds since the epoch. */
  readonly utc: number
  /** Time of the last post below `next`; missing where none is known. */
  readonly frontUtc?: number
  /** Ranges of ids still to be read, the end excluded, and when they were given out, about (seconds since the epoch). */
  readonly backlog: readonly (readonly [from: string, until: string, fromUtc?: number, untilUtc?: number])[]
  readonly pending: StoredPending
  /** Ids of stored posts that listings may show, separated by blanks. */
  readonly known?: string
  readonly hours?: StoredIdHours
}

/** A range of ids that is being read, from its beginning. */
export type Backlog = { -readonly [key in keyof IdRange]: IdRange[key] }

/** How far the id space was walked, and what it held. All of it is saved at once: after a crash every id counts once. */
export class SweepPosition {
  /** Undefined before the first start. */
  next: number | undefined
  utc: number
  frontUtc: number | undefined
  readonly backlog: Backlog[]
  readonly pending: PendingIds
  /** Stored posts that more than one way leads to. */
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

  /** Whether the walk has passed an id. */
  isWalked(id: number): boolean {
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
      known: [...this.known].slice(-MAX_STORED_KNOWN).join(' '),
      ...(hours === undefined ? {} : { hours }),
    }
    await this.#positions.save(KEY, position)
  }
}
