import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** Identifies a running process, and distinguishes it from a later one with the same process id. */
export interface ProcessIdentity {
  readonly pid: number
  /** The time of its start, in the form that the system gives. */
  readonly started: string
}

/** @returns undefined if no such process runs; a zombie counts as gone */
export function identify(pid: number): ProcessIdentity | undefined {
  const started = process.platform === 'linux' ? startedByProc(pid) : startedByPs(pid)
  return started === undefined ? undefined : { pid, started }
}

/** Whether the identified process still runs, and not another one with the same process id. */
export const isRunning = ({ pid, started }: ProcessIdentity): boolean => identify(pid)?.started === started

export const toText = ({ pid, started }: ProcessIdentity): string => `${pid} ${started}\n`

/** The inverse of {@link toText}; undefined for any other text, such as that of a half-written file. */
export function fromText(text: string): ProcessIdentity | undefined {
  const [, pid, started] = /^([1-9]\d*) (.+)\n$/.exec(text) ?? []
  return pid === undefined || started === undefined ? undefined : { pid: Number(pid), started }
}

const STATE_FIELD = 0
const START_TIME_FIELD = 19

/** Reads the fields behind the program's name (proc(5)); the name may itself hold spaces and brackets. */
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
