import { readFile, rm, writeFile } from 'node:fs/promises'
import { fromText, identify, isRunning, toText, type ProcessIdentity } from './process-identity.ts'

const MAX_ATTEMPTS = 5

/**
 * Takes a file that one process at a time may hold. A file that a dead process left behind is replaced, even if its
 * process id now belongs to another program.
 * @returns undefined when this process has taken the file, otherwise the process that holds it
 * @throws errors of the file system
 */
export async function takePidFile(file: string): Promise<ProcessIdentity | undefined> {
  const own = identify(process.pid)!
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    if (await create(file, toText(own))) return undefined
    const holder = fromText(await readFile(file, 'utf8').catch(() => ''))
    if (holder !== undefined && isRunning(holder)) return holder
    await rm(file, { force: true })
  }
  throw new Error(`${file} was replaced by other processes ${MAX_ATTEMPTS} times in a row`)
}

async function create(file: string, text: string): Promise<boolean> {
  try {
    await writeFile(file, text, { flag: 'wx' })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}
