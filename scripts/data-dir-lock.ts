import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { OperationalError } from '../schema/runtime/errors.ts'
import { takePidFile } from './pid-file.ts'
import type { ProcessIdentity } from './process-identity.ts'
import { stopLeftovers } from './process-records.ts'

/**
 * Makes this process the only launcher of a data folder, and stops processes that a killed launcher left running.
 * @throws OperationalError when another launcher runs, or the folder cannot be written
 */
export async function lockDataDir(dataDir: string): Promise<AsyncDisposable> {
  const file = join(dataDir, 'launcher.pid')
  const holder = await takeLock(dataDir, file)
  if (holder !== undefined) {
    throw new OperationalError(
      `Gravitas already runs on ${dataDir} (process ${holder.pid}). Stop it, or start this launcher with another DATA_DIR, PORT and NATS_PORT.`,
    )
  }
  await stopLeftovers(dataDir)
  return { [Symbol.asyncDispose]: () => rm(file, { force: true }) }
}

async function takeLock(dataDir: string, file: string): Promise<ProcessIdentity | undefined> {
  try {
    await mkdir(dataDir, { recursive: true, mode: 0o700 })
    return await takePidFile(file)
  } catch (cause) {
    throw new OperationalError(`DATA_DIR ${dataDir} cannot be written: ${(cause as Error).message}`, { cause })
  }
}
