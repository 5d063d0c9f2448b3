import type { Heartbeat } from '../../schema/heartbeat.ts'
import type { ProblemReport } from '../../schema/problems.ts'
import { describeStandstill } from '../../schema/scoring-models.ts'
import { SILENCE_MS, type ProcessSample } from './process-watch.ts'
import type { Sample } from './sample.ts'

/** How long a system may take to start its processes. */
const START_MS = 10_000
/** How long a process must run until it no longer matters why its predecessor ended. */
const ESTABLISHED_MS = 3_000
const CRASH_WINDOW_MS = 120_000
const CRASHES = 3
/** A process that ran for this long no longer counts as crash-looping. */
const HEALTHY_MS = 30_000
/** An import is never missing: a person starts and watches it, and may stop it at any time. */
const IMPORT = 'ingest dump'

/** Finds processes that are missing, hung, crash-looping or refusing their work. */
export function findProcessProblems(sample: Sample): ProblemReport[] {
  const required = new Set(requiredNames(sample))
  const byName = Map.groupBy(
    sample.processes.filter(({ heartbeat }) => isOurs(sample, heartbeat) && heartbeat.name !== IMPORT),
    ({ heartbeat }) => heartbeat.name,
  )
  const names = new Set([...required, ...byName.keys()])
  return [
    ...[...byName.values()].flatMap((members) => findHung(members)),
    ...[...names].flatMap((name) => findEnd(name, byName.get(name) ?? [], required.has(name), sample) ?? []),
    ...findStandstill(sample),
  ]
}

/** Whether the gateway's figures depend on a process. The projectors of other files serve other gateways. */
export function isOurs({ readModels, host }: Sample, { name, fileId, host: itsHost }: Heartbeat): boolean {
  const readModel = readModels.find((model) => `projector ${model.name}` === name)
  if (readModel === undefined) return !name.startsWith('projector ')
  return fileId === null || readModel.fileId === undefined ? itsHost === host : fileId === readModel.fileId
}

/** The names of the processes that must run, even if no heartbeat of them has arrived yet. */
function requiredNames(sample: Sample): string[] {
  const { readModels, source, promoted } = sample
  const projectors = readModels.map(({ name }) => `projector ${name}`)
  const scorer = promoted === undefined || describesOther(sample) ? [] : [`scorer ${promoted}`]
  const ingest = source === undefined || source === 'none' ? [] : [`ingest ${source}`]
  return [...projectors, ...scorer, 'eraser', ...ingest]
}

const findHung = (members: readonly ProcessSample[]): ProblemReport[] =>
  members
    .filter(({ state }) => state === 'hung')
    .map(({ heartbeat: { name, instance, host, pid } }) => ({
      code: 'process-hung',
      subject: instance,
      what: `The process "${name}" hangs: it has sent no heartbeat for more than ${SILENCE_MS / 1_000} s, but its process ${pid} on ${host} exists.`,
      remedy: `If it was suspended, kill -CONT ${pid} lets it go on. Otherwise end it with kill -9 ${pid}: npm start starts it again.`,
    }))

/** Finds the reason why no process of this name does its work; undefined if one does, or if none has to. */
function findEnd(
  name: string,
  members: readonly ProcessSample[],
  isRequired: boolean,
  { linkedMs, host }: Sample,
): ProblemReport | undefined {
  const running = members.filter(({ state }) => state === 'running' || state === 'hung')
  const ended = members.filter((member) => !running.includes(member))
  const last = ended.toSorted((a, b) => a.endedMs - b.endedMs)[0]
  const isEstablished = running.some(({ ageMs }) => ageMs >= ESTABLISHED_MS)
  if (last?.heartbeat.state === 'failed' && !isEstablished) return toRefusing(last)
  if (isCrashLooping(running, ended)) return toCrashLooping(name)
  if (running.length > 0) return undefined
  if (last === undefined) return isRequired && linkedMs > START_MS ? toMissing(name, NEVER_HEARD) : undefined
  if (last.state === 'missing')
    return last.silentMs > SILENCE_MS ? toMissing(name, describeGone(last, host)) : undefined
  const isOver = last.state === 'stopped' && (!isRequired || name.startsWith('ingest '))
  return isOver || last.endedMs <= START_MS ? undefined : toMissing(name, 'it was stopped')
}

function isCrashLooping(running: readonly ProcessSample[], ended: readonly ProcessSample[]): boolean {
  const crashes = ended.filter((member) => isCrash(member) && member.endedMs < CRASH_WINDOW_MS).length
  const next = running.some(({ ageMs }) => ageMs < HEALTHY_MS) ? 1 : 0
  return crashes > 0 && crashes + next >= CRASHES && !running.some(({ ageMs }) => ageMs >= HEALTHY_MS)
}

/** A process that fails soon after its start is not a crash: it refuses its work, and works once the reason is gone. */
const isCrash = ({ state, ageMs, endedMs }: ProcessSample): boolean =>
  state === 'missing' || (state === 'failed' && ageMs - endedMs >= ESTABLISHED_MS)

const NEVER_HEARD = 'it was not heard since the gateway started'
const describeGone = ({ heartbeat: { pid, host } }: ProcessSample, ownHost: string): string =>
  host === ownHost ? `its process ${pid} ended without a word` : `nothing was heard from it on ${host}`

const toMissing = (name: string, why: string): ProblemReport => ({
  code: 'process-missing',
  subject: name,
  what: `The process "${name}" does not run: ${why}.`,
  remedy: `Start it: ${toCommand(name)}, or everything with npm start.`,
})

const toRefusing = ({ heartbeat: { name, lastError } }: ProcessSample): ProblemReport => ({
  code: 'process-refusing',
  subject: name,
  what: `The process "${name}" refuses to work: ${lastError?.message ?? 'it does not say why'}`,
  remedy: 'Do what its message says. npm start starts it again and again until it works.',
})

const toCrashLooping = (name: string): ProblemReport => ({
  code: 'process-crash-looping',
  subject: name,
  what: `The process "${name}" keeps crashing: it ended several times in the last two minutes.`,
  remedy: 'Read its last messages in the output of npm start, which restarts it until it works.',
})

function toCommand(name: string): string {
  const [kind, what = ''] = name.split(' ')
  if (kind === 'projector') return `npm run projector -- ${what}`
  return kind === 'ingest' ? `npm run ingest -- --source ${what}` : `npm run ${kind}`
}

/** The scoring models of the running scorers. */
const scoringModels = ({ processes }: Sample): string[] => [
  ...new Set(
    processes
      .filter(({ state, silentMs }) => state === 'running' || silentMs <= SILENCE_MS)
      .flatMap(({ heartbeat: { name } }) => /^scorer (.+)$/.exec(name)?.[1] ?? []),
  ),
]

const describesOther = (sample: Sample): boolean =>
  describeStandstill(sample.promoted, scoringModels(sample)) !== undefined

function findStandstill(sample: Sample): ProblemReport[] {
  const standstill = describeStandstill(sample.promoted, scoringModels(sample))
  return standstill === undefined ? [] : [{ code: 'shown-model-not-scored', ...standstill }]
}
