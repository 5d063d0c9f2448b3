import { communities } from './communities.ts'

const WEEK_MINUTES = 7 * 24 * 60
const DAY_HOURS = 24
const RATE_A_WEEK_BEFORE = 0.12
const RATE_FROM_ANCHOR = 2
const DAILY_SWING = 0.4
/** The hour of day (UTC) at which most is posted everywhere together. */
const BUSIEST_HOUR_UTC = 19
const THURSDAY = 4

const wave = (hour: number, peak: number): number => Math.cos((2 * Math.PI * (hour - peak)) / DAY_HOURS)

/**
 * Posts a second expected in a minute: growing faster and faster over the week before the anchor, steady from there on, so
 * that history passes into the present without a jump and is still made within a minute; with a daily rhythm over all.
 */
export function activity(anchorMinute: number, minute: number): number {
  const grown = Math.min(1, Math.max(0, 1 + (minute - anchorMinute) / WEEK_MINUTES))
  const rate = RATE_A_WEEK_BEFORE * (RATE_FROM_ANCHOR / RATE_A_WEEK_BEFORE) ** (grown * grown)
  return rate * (1 + DAILY_SWING * wave((minute / 60) % DAY_HOURS, BUSIEST_HOUR_UTC))
}

/** How likely each community is in a minute: its size by its own evenings and weekends. */
export function communityWeights(minute: number): number[] {
  return communities.map(({ size, utcOffsetHours, busiestHour, dailySwing, weekend }) => {
    const localHours = minute / 60 + utcOffsetHours
    const day = (Math.floor(localHours / DAY_HOURS) + THURSDAY) % 7
    const weekly = day === 0 || day === 6 ? weekend : 1
    return size * weekly * (1 + dailySwing * wave(localHours % DAY_HOURS, busiestHour))
  })
}
