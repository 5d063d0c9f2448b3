import type { PositionStore } from '../live/source.ts'
import { toId, toNumber } from './id-space.ts'
import { PendingIds, type StoredPending } from './pending-ids.ts'

const KEY = 'reddit.sweep'

interface Stored {
  /** Ids below are stored, pending, given up or in the backlog. */
  readonly next: string
  /** When `next` was reached, seconds since the epoch. */
  readonly utc: number
  /** Ranges of ids still to be read, the end excluded. */
  readonly backlog: readonly (readonly [from: string, until: string])[]
  readonly pending: StoredPending
}

/** How far the id space was walked. */
export class SweepPosition {
  /** Undefined before the first start. */
  next: number | undefined
  utc: number
  readonly backlog: { from: number; readonly until: number }[]
  readonly pending: PendingIds
  readonly #positions: PositionStore

  private constructor(positions: PositionStore, stored: Stored | undefined) {
    this.#positions = positions
    this.next = stored === undefined ? undefined : toNumber(stored.next)
    this.utc = stored?.utc ?? 0
    this.backlog = (stored?.backlog ?? []).map(([from, until]) => ({ from: toNumber(from), until: toNumber(until) }))
    this.pending = PendingIds.load(stored?.pending ?? [])
  }

  static async load(positions: PositionStore): Promise<SweepPosition> {
    return new SweepPosition(positions, await positions.read<Stored>(KEY))
  }

  async save(): Promise<void> {
    if (this.next === undefined) return
    const position: Stored = {
      next: toId(this.next),
      utc: this.utc,
      backlog: this.backlog.map(({ from, until }) => [toId(from), toId(until)]),
      pending: this.pending.toStored(),
    }
    await this.#positions.save(KEY, position)
  }
}
