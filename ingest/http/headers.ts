/** The headers of an answer, as far as sources read them. */
export interface Headers {
  get(name: string): string | null
}

/** Parses a header's value as a number of zero or more. @returns undefined when it is missing or no such number */
export function seconds(value: string | null): number | undefined {
  if (value === null || value.trim() === '') return undefined
  const number = Number(value)
  return Number.isFinite(number) && number >= 0 ? number : undefined
}

/**
 * How long `retry-after` asks to wait, in milliseconds. The header is a number of seconds or a date (RFC 9110, 10.2.3). A date is
 * compared with the answer's `date` header, because our clock may be wrong.
 * @returns undefined when the header is missing or cannot be read, or holds a date while the answer has no `date` header
 */
export function retryAfterMs(headers: Headers): number | undefined {
  const value = headers.get('retry-after')
  const wait = seconds(value)
  if (wait !== undefined) return wait * 1_000
  const waitMs = Date.parse(value ?? '') - Date.parse(headers.get('date') ?? '')
  return Number.isNaN(waitMs) ? undefined : Math.max(0, waitMs)
}
