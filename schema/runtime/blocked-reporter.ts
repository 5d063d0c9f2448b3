import type { Health } from '../heartbeat.ts'
import type { ProblemReport } from '../problems.ts'
import type { Logger } from './logger.ts'
import type { BlockedListener } from './publish.ts'

/**
 * Reports streams that store no events: in the health of the process, and once in words.
 * @param say gets the problem when it begins or becomes another one, and undefined when publishing continues
 */
export function blockedReporter(health: Health, say: (problem: ProblemReport | undefined) => void): BlockedListener {
  const blocked = new Map<string, ProblemReport>()
  let said: string | undefined
  return (stream, problem) => {
    const before = blocked.get(stream)
    if (problem === undefined) blocked.delete(stream)
    else blocked.set(stream, problem)
    if (problem !== undefined) health.problems.raise(problem)
    // Several streams have one problem in common while their disk is full.
    const isOver = before !== undefined && ![...blocked.values()].some((other) => isSame(other, before))
    if (isOver) health.problems.clear(before.code, before.subject)
    const [first] = blocked.values()
    if (first?.code !== said) say(first)
    said = first?.code
  }
}

const isSame = (one: ProblemReport, other: ProblemReport): boolean =>
  one.code === other.code && one.subject === other.subject

/** Says it in the log of a service. */
export const blockedLogger =
  (logger: Logger) =>
  (problem: ProblemReport | undefined): void => {
    if (problem === undefined) logger.info('publishing continues')
    else logger.error({ remedy: problem.remedy }, problem.what)
  }
