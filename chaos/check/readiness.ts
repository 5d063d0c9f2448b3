import { setTimeout as pause } from 'node:timers/promises'
import type { Problem } from '../../schema/problems.ts'

const POLL_MS = 100
const REQUEST_TIMEOUT_MS = 1_000

export interface Readiness {
  readonly ready: boolean
  readonly problems: readonly Problem[]
}

/** The answer of /readyz; undefined while the gateway does not answer. */
async function readReadiness(url: string): Promise<Readiness | undefined> {
  try {
    const response = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) })
    return (await response.json()) as Readiness
  } catch {
    return undefined
  }
}

/**
 * Polls /readyz until `holds` accepts an answer.
 * @returns the seconds that it took
 * @throws an Error with the last answer when `timeoutMs` is over
 */
export async function untilReadiness(
  url: string,
  what: string,
  timeoutMs: number,
  holds: (readiness: Readiness) => boolean,
): Promise<number> {
  const start = performance.now()
  for (;;) {
    const readiness = await readReadiness(url)
    const elapsedMs = performance.now() - start
    if (readiness !== undefined && holds(readiness)) return elapsedMs / 1_000
    if (elapsedMs > timeoutMs)
      throw new Error(`/readyz did not say ${what} within ${timeoutMs / 1_000} s, but ${JSON.stringify(readiness)}`)
    await pause(POLL_MS)
  }
}
