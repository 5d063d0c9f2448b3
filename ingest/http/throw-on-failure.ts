import { RedirectedError, RefusedError, TransientError } from './errors.ts'
import type { HttpAnswer } from './fetch.ts'
import { retryAfterMs, seconds, type Headers } from './headers.ts'
import { parseJson } from '../../schema/runtime/parse-json.ts'

const REFUSED = new Set([400, 403, 404, 410, 414, 451])
/** The wait after a 429 whose headers do not say how long to wait. */
const TOO_MANY_WAIT_MS = 5_000
const MAX_REASON_LENGTH = 100

/**
 * Returns when the status is 200, and throws otherwise.
 * @throws RefusedError when the server does not show what was asked for; RedirectedError when it redirects; TransientError when a
 * retry may succeed: too many requests, a failure of the server, and every status that is not mentioned here
 */
export function throwOnFailure({ status, headers, text }: HttpAnswer): void {
  if (status === 200) return
  if (status >= 300 && status < 400) throw redirected(headers.get('location'))
  const reason = reasonOf(parseJson(text))
  if (REFUSED.has(status)) throw new RefusedError(status, reason)
  if (status === 429) {
    throw new TransientError('429 too many requests', { waitMs: tooManyWaitMs(headers), pauseAll: true })
  }
  throw new TransientError(`${status} ${reason}`.trim(), { waitMs: retryAfterMs(headers) ?? 0 })
}

function tooManyWaitMs(headers: Headers): number {
  const reset = seconds(headers.get('x-ratelimit-reset'))
  const left = seconds(headers.get('x-ratelimit-remaining'))
  const untilResetMs = reset !== undefined && reset < 1e9 && left !== undefined && left < 1 ? reset * 1_000 : undefined
  return retryAfterMs(headers) ?? untilResetMs ?? TOO_MANY_WAIT_MS
}

function redirected(location: string | null): Error {
  const base = 'https://www.reddit.com'
  if (location === null || !URL.canParse(location, base)) return new TransientError('a redirect without a target')
  const { pathname, search } = new URL(location, base)
  return new RedirectedError(pathname + search)
}

/** Reddit's word for why it refuses, such as `private`, `banned` or `quarantined`; else its message; empty where it gives none. */
function reasonOf(json: unknown): string {
  const { reason, message } = (json ?? {}) as { reason?: unknown; message?: unknown }
  const word = typeof reason === 'string' && reason !== '' ? reason : message
  return typeof word === 'string' ? word.slice(0, MAX_REASON_LENGTH) : ''
}
