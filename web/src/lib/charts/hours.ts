import type { HourlySeriousness } from '../types.ts'

const HOUR_MS = 3_600_000

export interface HourPoint {
  readonly time: number
  readonly mean: number
  readonly posts: number
}

export const toPoints = (hours: readonly HourlySeriousness[]): HourPoint[] =>
  hours.map(({ hour, mean, posts }) => ({ time: Date.parse(hour), mean, posts }))

/** Runs of neighbouring hours: a line must not bridge hours without posts. */
export function toRuns(points: readonly HourPoint[]): HourPoint[][] {
  const runs: HourPoint[][] = []
  for (const point of points) {
    const run = runs.at(-1)
    if (run !== undefined && point.time - run.at(-1)!.time <= HOUR_MS) run.push(point)
    else runs.push([point])
  }
  return runs
}

/** Midnights (UTC) from `start` to `end`, milliseconds. */
export function toMidnights(start: number, end: number): number[] {
  const day = 24 * HOUR_MS
  const first = Math.ceil(start / day) * day
  return Array.from({ length: Math.max(0, Math.floor((end - first) / day) + 1) }, (_, index) => first + index * day)
}
