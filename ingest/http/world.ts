import { systemClock, type Clock } from './clock.ts'
import { systemFetch, type Fetch } from './fetch.ts'

/** Everything outside the process that a source depends on. Tests replace it. */
export interface World {
  readonly clock: Clock
  readonly fetch: Fetch
  /** Returns a number from 0 to 1. */
  readonly random: () => number
}

export const realWorld: World = { clock: systemClock, fetch: systemFetch, random: Math.random }
