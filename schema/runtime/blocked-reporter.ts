import type { Health } from '../heartbeat.ts'
import type { ProblemReport } from '../problems.ts'
import type { Logger } from './logger.ts'
import type { BlockedListener } from './publish.ts'

/**
 * Reports streams that store no events, as problems in the health of the process and by a call of `say`.
 * @param say called with the problem when it begins or changes, and with undefined when publishing continues
 */
export function blockedReporter(health: Health, say: (problem: ProblemReport | undefined) => void): BlockedListener {
  const blocked = new Map<string, ProblemReport>()
  let said: string | undefined
  return (stream, problem) => {
    const before = blocked.get(stream)
    if (problem === undefined) blocked.delete(stream)
    else blocked.set(stream, problem)
    if (problem !== undefined) health.problems.raise(problem)
    // Several streams share one problem while their disk is full.
    const isOver = before !== undefined && ![...blocked.values()].some((other) => isSame(other, before))
    if (isOver) health.problems.clear(before.code, before.subject)
    const [first] = blocked.values()
    if (first?.code !== said) say(first)
    said = first?.code
  }
}

const isSame = (one: ProblemReport, other: ProblemReport): boolean =>
  one.code === other.code && one.subject === other.subject

/** Logs the problem of a service that cannot publish. */
export const blockedLogger =
  (logger: Logger) =>
  (problem: ProblemReport | undefined): void => {
    if (problem === undefined) logger.info('publishing continues')
    else logger.error({ remedy: problem.remedy }, problem.what)
  }
