import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fromText, identify, isRunning, toText, type ProcessIdentity } from './process-identity.ts'

const STOP_MS = 5_000
const POLL_MS = 25

const recordsFolder = (dataDir: string): string => join(dataDir, 'pids')

/** Records a started process, so that the next start finds it even if this launcher is killed. */
export function recordProcess(dataDir: string, name: string, pid: number): void {
  const identity = identify(pid)
  if (identity === undefined) return
  try {
    mkdirSync(recordsFolder(dataDir), { recursive: true })
    writeFileSync(join(recordsFolder(dataDir), name.replaceAll(' ', '-')), toText(identity))
  } catch {
    // The disk may be full. The record is needed only if the launcher is killed and the process survives it.
  }
}

/** The recorded processes that still run. A record whose process id now belongs to another program is left out. */
export function recordedProcesses(dataDir: string): Record<string, ProcessIdentity> {
  const running: Record<string, ProcessIdentity> = {}
  for (const name of readRecords(dataDir)) {
    const identity = fromText(readFileSync(join(recordsFolder(dataDir), name), 'utf8'))
    if (identity !== undefined && isRunning(identity)) running[name] = identity
  }
  return running
}

/** Ends processes that a killed launcher left running, and waits until they are gone: SIGTERM, then SIGKILL. */
export async function stopLeftovers(dataDir: string): Promise<void> {
  const leftovers = Object.entries(recordedProcesses(dataDir))
  if (leftovers.length > 0)
    process.stderr.write(
      `Stopping processes that an interrupted run left behind: ${leftovers.map(([name]) => name).join(', ')} …\n`,
    )
  await Promise.all(leftovers.map(([, identity]) => stop(identity)))
  rmSync(recordsFolder(dataDir), { recursive: true, force: true })
}

async function stop(identity: ProcessIdentity): Promise<void> {
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    try {
      process.kill(identity.pid, signal)
    } catch {
      return
    }
    const deadline = performance.now() + STOP_MS
    while (isRunning(identity) && performance.now() < deadline) await pause(POLL_MS)
    if (!isRunning(identity)) return
  }
}

function readRecords(dataDir: string): string[] {
  try {
    return readdirSync(recordsFolder(dataDir))
  } catch {
    return []
  }
}
