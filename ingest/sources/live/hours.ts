export const HOUR_S = 3_600

/** The beginning of the hour that a time belongs to; both in seconds since the epoch. */
export const hourOf = (utc: number): number => Math.floor(utc / HOUR_S) * HOUR_S

/** Seconds that [from, until) and [otherFrom, otherUntil) have in common. */
export const overlap = (from: number, until: number, otherFrom: number, otherUntil: number): number =>
  Math.max(0, Math.min(until, otherUntil) - Math.max(from, otherFrom))
