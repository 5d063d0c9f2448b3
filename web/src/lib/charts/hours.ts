import type { HoursFragment } from '../generated/documents.ts'

export const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
export const WEEK_HOURS = 7 * 24

/** One hour with posts; `time` is its beginning, milliseconds. */
export interface HourPoint {
  readonly time: number
  readonly mean: number
  readonly posts: number
}

/** The line of one subreddit. */
export interface Series {
  readonly name: string
  readonly points: readonly HourPoint[]
}

export const toPoints = (hours: HoursFragment['hourly']): HourPoint[] =>
  hours.map(({ hour, mean, posts }) => ({ time: Date.parse(hour), mean, posts }))

/** The 168 hours that end with the current one, milliseconds. */
export function toWeek(nowMs: number): [start: number, end: number] {
  const end = Math.floor(nowMs / HOUR_MS) * HOUR_MS + HOUR_MS
  return [end - WEEK_HOURS * HOUR_MS, end]
}

export const within = (points: readonly HourPoint[], [start, end]: readonly [number, number]): HourPoint[] =>
  points.filter(({ time }) => time >= start && time < end)

/** Splits points where hours are missing, because a line must not bridge hours without posts. */
export function toRuns(points: readonly HourPoint[]): HourPoint[][] {
  const runs: HourPoint[][] = []
  for (const point of points) {
    const run = runs.at(-1)
    if (run !== undefined && point.time - run.at(-1)!.time <= HOUR_MS) run.push(point)
    else runs.push([point])
  }
  return runs
}

/** The midnights (UTC) from `start` to `end`, milliseconds. */
export function toMidnights(start: number, end: number): number[] {
  const first = Math.ceil(start / DAY_MS) * DAY_MS
  return Array.from(
    { length: Math.max(0, Math.floor((end - first) / DAY_MS) + 1) },
    (_, index) => first + index * DAY_MS,
  )
}

const hourFormat = new Intl.DateTimeFormat('en-GB', {
  weekday: 'short',
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
  timeZone: 'UTC',
})

/** "Wed 25 Nov, 02:00", in UTC. */
export const formatHour = (time: number): string => hourFormat.format(time)
