import type { ProblemReport } from '../../schema/problems.ts'
import type { ReadModelSample } from './read-model-progress.ts'
import type { Sample } from './sample.ts'

const BEHIND_SECONDS = 15

const count = (events: number): string => `${events.toLocaleString('en')} event${events === 1 ? '' : 's'}`

/** Finds read models that cannot be read. This does not need the log. */
export const findUnreadable = ({ readModels }: Sample): ProblemReport[] =>
  readModels.flatMap(({ name, problem }) => {
    if (problem === undefined) return []
    const remedy = `Restart its projector (npm run projector -- ${name}): it creates a missing file from the log, or says what to do.`
    return [{ code: 'read-model-unavailable', subject: name, what: `${problem}.`, remedy }]
  })

/** Finds read models whose figures differ from the log. */
export const findReadModelProblems = ({ readModels }: Sample): ProblemReport[] =>
  readModels.flatMap((model) => [...findBehind(model), ...findAhead(model), ...findLost(model)])

function findBehind({ name, lag, lagSeconds, isCatchingUp }: ReadModelSample): ProblemReport[] {
  if (lagSeconds === undefined || lagSeconds <= BEHIND_SECONDS || isCatchingUp) return []
  const what = `${name}.db is ${count(lag)} and ${lagSeconds} s behind the log, and is not catching up.`
  const remedy = `Look at the log of the process "projector ${name}", and restart it if it does nothing.`
  return [{ code: 'read-model-behind', subject: name, what, remedy }]
}

const findAhead = ({ name, aheadOf }: ReadModelSample): ProblemReport[] =>
  aheadOf.map(({ stream, applied, lastSequence }) => ({
    code: 'read-model-ahead',
    subject: `${name} ${stream}`,
    what: `${name}.db has applied ${stream} up to ${applied}, but the stream ends at ${lastSequence}: the log went back to an older state.`,
    remedy: `Restore the log; or delete ${name}.db and restart its projector, which rebuilds it from the log as it is now.`,
  }))

function findLost({ name, lostEvents, acceptedLostEvents }: ReadModelSample): ProblemReport[] {
  if (lostEvents === 0 && acceptedLostEvents > 0) {
    const what = `${name}.db lacks ${count(acceptedLostEvents)} that the log lost, which was accepted.`
    const remedy = 'Nothing needs to be done. A copy of the log that still has them would bring them back.'
    return [{ code: 'lost-events-accepted', subject: name, what, remedy }]
  }
  if (lostEvents === 0) return []
  const what = `${count(lostEvents)} that ${name}.db needs ${lostEvents === 1 ? 'is' : 'are'} no longer in the log, and no erasure explains it.`
  const remedy = `Restore the log from a copy that still has them, then delete ${name}.db: it is built again from the log. Or accept the loss, see docs/debugging.md.`
  return [{ code: 'lost-events', subject: name, what, remedy }]
}
