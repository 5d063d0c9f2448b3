import type { HourlyCoverage } from '../types.ts'
import { HOUR_MS } from './hours.ts'

/** An hour of which less than this was seen is no hour to draw conclusions from. */
export const SEEN_ENOUGH = 0.9

/** By the hours' beginnings: how much of what was posted was seen, 0 to 1. Of other hours nothing is known. */
export type Shares = ReadonlyMap<number, number>

/** Hours in a row that are not seen enough; milliseconds, `end` is not included. */
export interface Hole {
  readonly start: number
  readonly end: number
}

/** The shares of a week, without the hour that runs, of which nobody can have seen all. */
export function toShares(hours: readonly HourlyCoverage[], [start, end]: readonly [number, number]): Shares {
  const shares = hours.map(({ hour, share }) => [Date.parse(hour), share] as const)
  return new Map(shares.filter(([time]) => time >= start && time < end - HOUR_MS))
}

/** For each hour the least of several subreddits. */
export function toLeastShares(all: readonly Shares[]): Shares {
  const least = new Map<number, number>()
  for (const shares of all)
    for (const [time, share] of shares) least.set(time, Math.min(share, least.get(time) ?? share))
  return least
}

const isHole = (share: number | undefined): share is number => share !== undefined && share < SEEN_ENOUGH

/** The beginnings of the hours that are not seen enough, oldest first. */
export const toHoleHours = (shares: Shares): number[] =>
  [...shares].flatMap(([time, share]) => (isHole(share) ? [time] : [])).sort((one, other) => one - other)

export function toHoles(shares: Shares): Hole[] {
  const holes: { start: number; end: number }[] = []
  for (const time of toHoleHours(shares)) {
    const last = holes.at(-1)
    if (last?.end === time) last.end += HOUR_MS
    else holes.push({ start: time, end: time + HOUR_MS })
  }
  return holes
}

/** "62 %", rounded down: what is not seen enough must not look as if it were. */
export const formatShare = (share: number): string =>
  share > 0 && share < 0.01 ? 'under 1\u00a0%' : `${Math.floor(share * 100 + 1e-9)}\u00a0%`

/** What to say beside an hour's figures; empty where it was seen enough, or nothing is known. */
export function describeShare(share: number | undefined): string {
  if (!isHole(share)) return ''
  return share === 0 ? 'nothing of this hour was seen' : `only ${formatShare(share)} of this hour was seen`
}
