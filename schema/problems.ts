/**
 * The problems that a system can have, by code. An `error` means that figures are wrong or stand still, or may do so;
 * `/readyz` then answers 503. A `warning` is something to know, or to act on before it becomes an error.
 */
export const PROBLEMS = {
  'gateway-missing': 'error',
  'nats-disconnected': 'error',
  'log-unavailable': 'error',
  'process-missing': 'error',
  'process-hung': 'error',
  'process-crash-looping': 'error',
  'process-refusing': 'error',
  'read-model-unavailable': 'error',
  'read-model-behind': 'error',
  'read-model-ahead': 'error',
  'lost-events': 'error',
  'lost-events-accepted': 'warning',
  'consumer-paused': 'error',
  'stream-missing': 'error',
  'stream-sealed': 'error',
  'stream-full': 'error',
  'stream-nearly-full': 'warning',
  'stream-differs': 'error',
  'stream-without-leader': 'error',
  'log-not-writable': 'error',
  'single-copies': 'warning',
  'replica-missing': 'warning',
  'disk-full': 'error',
  'disk-nearly-full': 'warning',
  'source-silent': 'error',
  'source-behind': 'warning',
  'no-model-promoted': 'error',
  'promotion-ignored': 'warning',
  'shown-model-not-scored': 'error',
  'posts-without-scores': 'warning',
  'scoring-behind': 'error',
  'dead-letters-growing': 'warning',
  'dead-letters-waiting': 'warning',
  'dead-letters-blocked': 'error',
  'write-ahead-log-large': 'warning',
  'erased-text-held': 'warning',
} as const satisfies Readonly<Record<string, Severity>>

export type Severity = 'error' | 'warning'
export type ProblemCode = keyof typeof PROBLEMS

/** Something that an operator should know. */
export interface Problem {
  readonly code: ProblemCode
  readonly severity: Severity
  /** A sentence that says what is wrong, with names and figures. */
  readonly what: string
  /** When it was first noticed (ISO 8601, UTC). */
  readonly since: string
  /** A sentence or two that say what to do about it. */
  readonly remedy: string
}

/** A problem as a process finds it, without the time since which it has existed. */
export interface ProblemReport {
  readonly code: ProblemCode
  /** What has the problem, such as a stream's or a read model's name; empty if there can be only one. */
  readonly subject?: string
  readonly what: string
  readonly remedy: string
}

/** The current problems of a process. A problem keeps its `since` for as long as it is reported without a break. */
export class CurrentProblems {
  readonly #now: () => Date
  readonly #current = new Map<string, Problem>()

  constructor(now: () => Date = () => new Date()) {
    this.#now = now
  }

  get list(): Problem[] {
    return [...this.#current.values()]
  }

  /** Adds a problem, or updates the sentences of one with the same code and subject. */
  raise({ code, subject = '', what, remedy }: ProblemReport): void {
    const key = `${code} ${subject}`
    const since = this.#current.get(key)?.since ?? this.#now().toISOString()
    this.#current.set(key, { code, severity: PROBLEMS[code], what, since, remedy })
  }

  clear(code: ProblemCode, subject = ''): void {
    this.#current.delete(`${code} ${subject}`)
  }

  /** Replaces all problems. @returns the list */
  replace(reports: readonly ProblemReport[]): Problem[] {
    const keys = new Set(reports.map(({ code, subject = '' }) => `${code} ${subject}`))
    for (const key of this.#current.keys()) if (!keys.has(key)) this.#current.delete(key)
    for (const report of reports) this.raise(report)
    return this.list
  }
}
