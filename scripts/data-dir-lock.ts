import { readFileSync } from 'node:fs'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { OperationalError } from '../schema/runtime/errors.ts'

const LEFTOVER_STOP_MS = 8_000

const launcherFile = (dataDir: string): string => join(dataDir, 'launcher.pid')
export const natsPidFile = (dataDir: string): string => join(dataDir, 'nats-server.pid')

/**
 * Makes this process the only launcher of a data folder, and stops a nats-server that a killed launcher left behind.
 * @throws OperationalError when another launcher runs
 */
export async function lockDataDir(dataDir: string): Promise<AsyncDisposable> {
  await mkdir(dataDir, { recursive: true })
  const file = launcherFile(dataDir)
  const holder = await readPid(file)
  if (holder !== undefined && holder !== process.pid && commandOf(holder).includes('start.ts')) {
    throw new OperationalError(
      `Gravitas already runs on ${dataDir} (process ${holder}). Stop it, or start this one with another DATA_DIR, PORT and NATS_PORT.`,
    )
  }
  await stopLeftoverServer(dataDir)
  await writeFile(file, String(process.pid))
  return { [Symbol.asyncDispose]: () => rm(file, { force: true }) }
}

async function stopLeftoverServer(dataDir: string): Promise<void> {
  const pid = await readPid(natsPidFile(dataDir))
  if (pid === undefined || !commandOf(pid).includes('nats-server') || !commandOf(pid).includes('nats.conf')) return
  process.stderr.write('Stopping the nats-server that an interrupted run left behind …\n')
  process.kill(pid, 'SIGTERM')
  const deadline = Date.now() + LEFTOVER_STOP_MS
  while (commandOf(pid) !== '' && Date.now() < deadline) await pause(50)
}

async function readPid(file: string): Promise<number | undefined> {
  const pid = Number(await readFile(file, 'utf8').catch(() => ''))
  return Number.isInteger(pid) && pid > 0 ? pid : undefined
}

/** A living process's command line; empty where there is none. Without /proc, only that it lives is known. */
function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
  } catch {
    if (process.platform === 'linux') return ''
  }
  try {
    process.kill(pid, 0)
    return 'start.ts nats-server nats.conf'
  } catch {
    return ''
  }
}
