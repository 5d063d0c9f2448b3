import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** A process that runs, told apart from a later one with the same number. */
export interface ProcessIdentity {
  readonly pid: number
  /** When it started, in whatever form the system tells it. */
  readonly started: string
}

/** Undefined where no such process runs (an ended one that nobody has waited for yet counts as gone). */
export function identify(pid: number): ProcessIdentity | undefined {
  const started = process.platform === 'linux' ? startedByProc(pid) : startedByPs(pid)
  return started === undefined ? undefined : { pid, started }
}

/** Whether the process that was identified still runs, rather than another one that got its number. */
export const isRunning = ({ pid, started }: ProcessIdentity): boolean => identify(pid)?.started === started

export const toText = ({ pid, started }: ProcessIdentity): string => `${pid} ${started}\n`

/** The inverse of {@link toText}; undefined for anything else, half-written files included. */
export function fromText(text: string): ProcessIdentity | undefined {
  const [, pid, started] = /^([1-9]\d*) (.+)\n$/.exec(text) ?? []
  return pid === undefined || started === undefined ? undefined : { pid: Number(pid), started }
}

const STATE_FIELD = 0
const START_TIME_FIELD = 19

/** proc(5): the fields behind the name, which may itself hold spaces and brackets. */
function startedByProc(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(') ') + 2).split(' ')
    return fields[STATE_FIELD] === 'Z' ? undefined : fields[START_TIME_FIELD]
  } catch {
    return undefined
  }
}

function startedByPs(pid: number): string | undefined {
  try {
    const line = execFileSync('ps', ['-o', 'stat=', '-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim()
    return line === '' || line.startsWith('Z') ? undefined : line.replace(/^\S+\s+/, '')
  } catch {
    return undefined
  }
}
