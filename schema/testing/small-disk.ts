import { execFile } from 'node:child_process'
import { mkdtemp, rm, rmdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const SIZE_MB = 16

export interface SmallDisk extends AsyncDisposable {
  readonly folder: string
  /** Takes all room. @returns a function that frees it again */
  fill(): Promise<() => Promise<void>>
}

/** Mounts a disk of 16 MB, in memory. @returns undefined where this user may not mount anything */
export async function mountSmallDisk(): Promise<SmallDisk | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'gravitas-small-disk-'))
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${SIZE_MB}m`, 'tmpfs', folder])
  } catch {
    await rmdir(folder)
    return undefined
  }
  const ballast = join(folder, 'ballast')
  return {
    folder,
    fill: async () => {
      await writeFile(ballast, Buffer.alloc(SIZE_MB * 2 ** 20)).catch(() => {})
      return () => rm(ballast)
    },
    [Symbol.asyncDispose]: async () => {
      await run('umount', [folder])
      await rmdir(folder)
    },
  }
}
