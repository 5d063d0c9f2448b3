import type { IdState } from './id-hours.ts'
import { toId, toNumber } from './id-space.ts'

/** When an id without a post is asked for again, in milliseconds since it was first missed. After the last time it is given up. */
const RETRIES_MS = [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 60_000, 120_000, 600_000, 1_800_000, 3_600_000] as const
/** So many ids, at eight characters each, fit into one message together with the position. */
const MAX_PENDING = 50_000

/** How long after its id was given out a post is waited for. */
export const GIVE_UP_MS = RETRIES_MS.at(-1)!

/** The hour (seconds since the epoch) in which an id is counted, and as what. */
export interface Counted {
  readonly hour: number
  readonly state: IdState
}

interface Pending extends Counted {
  /** When it was first missed, milliseconds since the epoch. */
  readonly sinceMs: number
  readonly tries: number
}

/** A state as it is stored: `erased` stands for `deleted`, as in the event HourCovered. */
type StoredState = Exclude<IdState, 'deleted'> | 'erased'

/**
 * Groups of pending ids, separated by blanks. They were first missed at `since` (seconds since the epoch), asked for again `tries`
 * times, and are counted in `hour` as `state`.
 */
export type StoredPending = readonly (readonly [
  since: number,
  tries: number,
  ids: string,
  hour?: number,
  state?: StoredState,
])[]

/** Ids whose posts cannot be read yet. They have been given out, because there are posts with higher ids. */
export class PendingIds {
  readonly #ids = new Map<number, Pending>()
  /** How many ids were given up. */
  givenUp = 0

  static load(stored: StoredPending): PendingIds {
    const pending = new PendingIds()
    for (const [since, tries, ids, hour = 0, storedState = 'unknown'] of stored) {
      const state = storedState === 'erased' ? 'deleted' : storedState
      for (const id of ids.split(' ')) pending.#ids.set(toNumber(id), { sinceMs: since * 1_000, tries, hour, state })
    }
    return pending
  }

  get size(): number {
    return this.#ids.size
  }

  has(id: number): boolean {
    return this.#ids.has(id)
  }

  /** Where an id is counted; undefined when it is not pending. */
  counted(id: number): Counted | undefined {
    return this.#ids.get(id)
  }

  /** The hours in which pending ids are counted. */
  get hours(): Set<number> {
    return new Set([...this.#ids.values()].map(({ hour }) => hour))
  }

  /**
   * Adds an id without a post. When there are too many, the id that was missed longest ago is given up. Ids of which nothing is known
   * are given up first, and removed posts, which may still be approved, last.
   */
  add(id: number, counted: Counted, nowMs: number): void {
    this.#ids.set(id, { sinceMs: nowMs, tries: 0, ...counted })
    if (this.#ids.size <= MAX_PENDING) return
    this.#giveUp(this.#leastPromising())
  }

  #leastPromising(): number {
    for (const [id, { state }] of this.#ids) if (state === 'unknown') return id
    const [oldest] = this.#ids.keys()
    return oldest!
  }

  /** Returns up to `count` ids that are to be asked for now. */
  due(count: number, nowMs: number): number[] {
    const due: number[] = []
    if (count <= 0) return due
    for (const [id, pending] of this.#ids) {
      if (dueMs(pending) <= nowMs && due.push(id) >= count) break
    }
    return due
  }

  /** When the next id is to be asked for, milliseconds since the epoch; infinity when none is pending. */
  get nextMs(): number {
    let next = Number.POSITIVE_INFINITY
    for (const pending of this.#ids.values()) next = Math.min(next, dueMs(pending))
    return next
  }

  found(id: number): void {
    this.#ids.delete(id)
  }

  missedAgain(id: number, counted: Counted): void {
    const before = this.#ids.get(id)
    if (before === undefined) return
    const tries = before.tries + 1
    if (tries >= RETRIES_MS.length) this.#giveUp(id)
    else this.#ids.set(id, { sinceMs: before.sinceMs, tries, ...counted })
  }

  toStored(): StoredPending {
    const groups = new Map<string, [number, number, string[], number, StoredState]>()
    for (const [id, { sinceMs, tries, hour, state }] of this.#ids) {
      const since = Math.floor(sinceMs / 1_000)
      const key = [since, tries, hour, state].join(' ')
      const group = groups.get(key) ?? [since, tries, [], hour, state === 'deleted' ? 'erased' : state]
      group[2].push(toId(id))
      groups.set(key, group)
    }
    return [...groups.values()].map(([since, tries, ids, hour, state]) => [since, tries, ids.join(' '), hour, state])
  }

  #giveUp(id: number): void {
    this.#ids.delete(id)
    this.givenUp++
  }
}

const dueMs = ({ sinceMs, tries }: Pending): number => sinceMs + RETRIES_MS[tries]!
