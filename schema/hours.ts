export const HOUR_SECONDS = 3_600

/** The start of the hour that a time belongs to; both in seconds since the epoch. */
export const hourOf = (utc: number): number => Math.floor(utc / HOUR_SECONDS) * HOUR_SECONDS

/** Seconds since the epoch as ISO 8601, UTC, in whole seconds. */
export const toIsoTime = (seconds: number): string => new Date(seconds * 1_000).toISOString().replace(/\.\d+Z$/, 'Z')
