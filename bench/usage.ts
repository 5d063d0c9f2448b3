import { readFileSync } from 'node:fs'

const CLOCK_TICKS_PER_SECOND = 100

/** The CPU and memory that a process has used since its start. */
export interface Usage {
  readonly name: string
  readonly cpuSeconds: number
  /** The largest resident set, in MB. */
  readonly peakMegabytes: number
}

/** Reads the CPU and memory of processes. Empty on systems without /proc. */
export function readUsage(processes: readonly { readonly name: string; readonly pid: number }[]): Usage[] {
  return processes.flatMap(({ name, pid }) => {
    try {
      return [{ name, ...readOne(pid) }]
    } catch {
      return []
    }
  })
}

/** The latest figures of each process, also of those that have ended. */
export function mergeUsage(before: readonly Usage[], now: readonly Usage[]): Usage[] {
  return [...new Map([...before, ...now].map((usage) => [usage.name, usage])).values()]
}

function readOne(pid: number): { cpuSeconds: number; peakMegabytes: number } {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
  const peak = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  const cpuSeconds = (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS_PER_SECOND
  return { cpuSeconds, peakMegabytes: Number(peak ?? 0) / 1_024 }
}
