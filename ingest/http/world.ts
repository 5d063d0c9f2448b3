import { systemClock, type Clock } from './clock.ts'
import { systemFetch, type Fetch } from './fetch.ts'

/** What a source knows of the outside, so that a test can stand in for it. */
export interface World {
  readonly clock: Clock
  readonly fetch: Fetch
  /** From 0 to 1. */
  readonly random: () => number
}

export const realWorld: World = { clock: systemClock, fetch: systemFetch, random: Math.random }
