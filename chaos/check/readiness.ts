import { setTimeout as pause } from 'node:timers/promises'
import type { ProblemCode, Severity } from '../../schema/problems.ts'

const POLL_MS = 100
const REQUEST_TIMEOUT_MS = 1_000

export interface Readiness {
  readonly ready: boolean
  readonly problems: readonly {
    readonly code: ProblemCode | 'unknown'
    readonly severity?: Severity
    readonly what: string
  }[]
}

/** The answer of /readyz; undefined while the gateway does not answer. */
async function readReadiness(url: string): Promise<Readiness | undefined> {
  try {
    const response = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) })
    const { ready, problems } = (await response.json()) as { ready: boolean; problems: unknown[] }
    return { ready, problems: problems.map((problem) => toProblem(problem)) }
  } catch {
    return undefined
  }
}

/** The codes of problems that are sentences only. */
const SENTENCES: readonly (readonly [RegExp, ProblemCode])[] = [
  [/not connected to NATS/, 'nats-disconnected'],
  [/no scoring model was promoted/, 'no-model-promoted'],
  [/has not advanced for a minute/, 'read-model-behind'],
  [/lost/, 'lost-events'],
  [/Figures are not updating/, 'shown-model-not-scored'],
]

function toProblem(problem: unknown): Readiness['problems'][number] {
  if (typeof problem !== 'string') return problem as Readiness['problems'][number]
  return { code: SENTENCES.find(([pattern]) => pattern.test(problem))?.[1] ?? 'unknown', what: problem }
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
