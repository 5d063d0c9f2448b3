import { communities } from './communities.ts'

/** Posts a second on average over a day: some 280,000 posts in a week, so that the first start makes its history within a minute. */
const MEAN_RATE = 0.463
/** The busiest minute of a day has this share more posts than the average, the quietest one this share fewer. */
const DAILY_SWING = 0.4
/** The hour of the day (UTC) at which the most posts are made, over all communities. */
const BUSIEST_HOUR_UTC = 19
const DAY_HOURS = 24
/** The weekday of the epoch, 1970-01-01, with Sunday as 0. */
const THURSDAY = 4

/** From 1 at the peak hour to -1 twelve hours later. */
const wave = (hour: number, peak: number): number => Math.cos((2 * Math.PI * (hour - peak)) / DAY_HOURS)

/**
 * How many posts a second to expect in a minute (since the epoch). It follows a daily rhythm that is the same every day, so that
 * generated history passes into the present without a jump.
 */
export function activity(minute: number): number {
  return MEAN_RATE * (1 + DAILY_SWING * wave((minute / 60) % DAY_HOURS, BUSIEST_HOUR_UTC))
}

/** How likely a post of this minute belongs to each community: its size, weighted by its local hour and weekday. */
export function communityWeights(minute: number): number[] {
  return communities.map(({ size, utcOffsetHours, busiestHour, dailySwing, weekend }) => {
    const localHours = minute / 60 + utcOffsetHours
    const day = (Math.floor(localHours / DAY_HOURS) + THURSDAY) % 7
    const weekly = day === 0 || day === 6 ? weekend : 1
    return size * weekly * (1 + dailySwing * wave(localHours % DAY_HOURS, busiestHour))
  })
}
