import type { Problem } from '../../schema/problems.ts'
import type { Status } from './read-status.ts'
import type { ReadModelStatus } from './read-models.ts'

const count = (value: number): string => value.toLocaleString('en').padStart(12)
const size = (bytes: number): string => `${(bytes / 1e6).toFixed(1).padStart(9)} MB`

/** The status as a page of text for a terminal. */
export function printStatus(status: Status): string {
  return [
    printProblems(status.problems),
    summary(status),
    streams(status),
    consumers(status),
    readModels(status),
    disk(status),
  ]
    .map((lines) => `${lines.join('\n')}\n`)
    .join('\n')
}

/** The problems with their remedies, as lines of text. */
export function printProblems(problems: readonly Problem[]): string[] {
  if (problems.length === 0) return ['no problems']
  const lines = problems.map(
    ({ code, severity, what, since, remedy }) => `${severity}: ${what}\n    ${remedy}\n    (${code}, since ${since})`,
  )
  return [`${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}`, ...lines]
}

function summary({ model: { shown, manifest }, deadLetters, disk: { totalBytes } }: Status): string[] {
  const other = manifest === shown ? '' : ` (MODEL_DIR holds ${manifest ?? 'none'})`
  const dead = `dead letters: ${deadLetters.toLocaleString('en')}`
  return [`model shown: ${shown ?? 'none yet'}${other}    ${dead}    disk: ${size(totalBytes).trim()}`]
}

function streams({ streams: lines }: Status): string[] {
  return [
    'stream                       messages   last sequence           size   messages/s',
    ...lines.map(
      ({ name, messages, lastSequence, bytes, messagesPerSecond }) =>
        `${name.padEnd(24)} ${count(messages)}    ${count(lastSequence)}   ${size(bytes)} ${count(messagesPerSecond)}`,
    ),
  ]
}

function consumers({ consumers: lines }: Status): string[] {
  return [
    'consumer                                     lag, events   lag, seconds',
    ...lines.map(
      ({ name, stream, lagEvents, lagSeconds }) =>
        `${`${name} (${stream})`.padEnd(42)} ${count(lagEvents)}   ${count(lagSeconds)}`,
    ),
  ]
}

function readModels({ readModels: models }: Status): string[] {
  return ['read model     stream         checkpoint   lost events', ...models.flatMap(readModelLines)]
}

function readModelLines({ name, state, checkpoints, lostEvents, problem }: ReadModelStatus): string[] {
  const first = name.padEnd(14)
  if (state !== 'ready') return [`${first} ${problem === undefined ? state : `${state}: ${problem}`}`]
  if (checkpoints.length === 0) return [`${first} nothing applied yet`]
  return checkpoints.map(
    ({ stream, sequence }) => `${first} ${stream.padEnd(10)}${count(sequence)}  ${count(lostEvents)}`,
  )
}

function disk({ disk: { streamBytes, readModelBytes, writeAheadLogBytes } }: Status): string[] {
  const rows: [string, number][] = [['streams', streamBytes], ...Object.entries(readModelBytes)]
  const log = (name: string): string =>
    writeAheadLogBytes[name] === undefined ? '' : ` ${size(writeAheadLogBytes[name])}`
  return [
    'disk                    bytes   write-ahead log',
    ...rows.map(([name, bytes]) => `${name.padEnd(14)} ${size(bytes)}${log(name)}`),
  ]
}
