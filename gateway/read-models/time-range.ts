import { HOUR_SECONDS, hourOf } from '../../schema/hours.ts'

/** Seconds since the epoch; `to` is not included. */
export interface TimeRange {
  readonly from: number
  readonly to: number
}

/** How many hours are shown unless a client asks for others: seven days. */
export const DEFAULT_HOURS = 168

/** The last {@link DEFAULT_HOURS} whole hours before `end` (in seconds); the hour that `end` lies in counts as whole. */
export function lastHours(end: number): TimeRange {
  const to = hourOf(end - 1) + HOUR_SECONDS
  return { from: to - DEFAULT_HOURS * HOUR_SECONDS, to }
}

/** The {@link DEFAULT_HOURS} hours up to and including the one that is running at `nowSeconds`. */
export const hoursUntilNow = (nowSeconds: number): TimeRange => lastHours(nowSeconds + 1)
