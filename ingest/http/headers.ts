/** The part of an answer's headers that sources read. */
export interface Headers {
  get(name: string): string | null
}

/** A header's value as a number that is not negative; undefined where it is missing or none. */
export function seconds(value: string | null): number | undefined {
  if (value === null || value.trim() === '') return undefined
  const number = Number(value)
  return Number.isFinite(number) && number >= 0 ? number : undefined
}

/**
 * How long `retry-after` asks to wait, in milliseconds. It is a number of seconds or a date (RFC 9110, 10.2.3); a date is
 * compared with the answer's own, because our clock may be wrong; an answer without one counts as without the header.
 */
export function retryAfterMs(headers: Headers): number | undefined {
  const value = headers.get('retry-after')
  const wait = seconds(value)
  if (wait !== undefined) return wait * 1_000
  const waitMs = Date.parse(value ?? '') - Date.parse(headers.get('date') ?? '')
  return Number.isNaN(waitMs) ? undefined : Math.max(0, waitMs)
}
