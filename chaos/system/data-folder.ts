import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const SIZE_MIB = 320

/**
 * A folder with the data of a system and the logs of its processes. As root on Linux the data is on a small tmpfs of its
 * own, which a fault can fill.
 */
export class DataFolder implements AsyncDisposable {
  readonly path: string
  readonly dataDir: string
  readonly logDir: string
  /** Whether the data has a file system of its own. */
  readonly isMounted: boolean
  #isKept = false

  private constructor(path: string, isMounted: boolean) {
    this.path = path
    this.dataDir = join(path, 'data')
    this.logDir = join(path, 'logs')
    this.isMounted = isMounted
  }

  static async create(): Promise<DataFolder> {
    const path = await mkdtemp(join(tmpdir(), 'gravitas-chaos-'))
    await mkdir(join(path, 'data'))
    await mkdir(join(path, 'logs'))
    return new DataFolder(path, await mount(join(path, 'data')))
  }

  /** Keeps the folder, so that a failure can be investigated. */
  keep(): void {
    this.#isKept = true
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isKept && this.isMounted) await cp(this.dataDir, join(this.path, 'kept-data'), { recursive: true })
    // A process that has just been killed may still hold a file. A lazy unmount waits for it in the background.
    if (this.isMounted) await run('umount', ['--lazy', this.dataDir])
    if (!this.#isKept) await rm(this.path, { recursive: true, force: true })
  }
}

/** Mounts a tmpfs. @returns false if this user may not mount one */
async function mount(path: string): Promise<boolean> {
  if (process.getuid?.() !== 0 || !existsSync('/proc/mounts')) return false
  const options = ['-t', 'tmpfs', '-o', `size=${SIZE_MIB}m,mode=700`]
  return run('mount', [...options, 'gravitas-chaos', path]).then(
    () => true,
    () => false,
  )
}
