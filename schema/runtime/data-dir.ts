import { chmodSync, lstatSync, mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Logger } from './logger.ts'

const PRIVATE_UMASK = 0o077
const STICKY = 0o1000
const PERMISSIONS = 0o777
/** Members of the group must not read these: they hold texts of posts and logs. Former versions made them with the user's umask. */
const PRIVATE_ENTRIES = ['jetstream', 'dead-letters', 'pids', 'nats-server.log', 'launcher.pid']

export interface DataDirConfig {
  readonly dataDir: string
  /** Whether other users of the folder's group may read the read models (DATA_GROUP_READ). */
  readonly dataGroupRead?: boolean
}

/**
 * Makes every file private that this process and its children create: only their owner can read it. The log and the
 * dead letters hold texts of posts, which an erasure could not take back from another user.
 */
export function makeNewFilesPrivate(): void {
  process.umask(PRIVATE_UMASK)
}

/** The permissions of a read model's file. SQLite gives `-wal` and `-shm` the same. */
export const readModelMode = ({ dataGroupRead = false }: DataDirConfig): number => (dataGroupRead ? 0o640 : 0o600)

/**
 * Creates DATA_DIR, or corrects its permissions: only its owner, and with DATA_GROUP_READ its group, can open it.
 * @throws an error of the file system when it cannot be created
 */
export function protectDataDir(config: DataDirConfig, logger: Logger): void {
  const { dataDir, dataGroupRead = false } = config
  makeNewFilesPrivate()
  mkdirSync(dataDir, { recursive: true })
  const wanted = dataGroupRead ? 0o750 : 0o700
  const { mode } = statSync(dataDir)
  const found = mode & PERMISSIONS
  if (found !== wanted) correct(dataDir, { mode, found, wanted }, logger)
  for (const name of PRIVATE_ENTRIES) hide(join(dataDir, name))
}

interface Modes {
  readonly mode: number
  readonly found: number
  readonly wanted: number
}

function correct(dataDir: string, { mode, found, wanted }: Modes, logger: Logger): void {
  const fields = { dataDir, was: octal(found), is: octal(wanted) }
  try {
    // A folder with this bit, such as /tmp, is shared by design, and other programs need it.
    if ((mode & STICKY) !== 0) throw new Error('the folder is shared by all users')
    chmodSync(dataDir, wanted)
    if ((found & ~wanted) !== 0)
      logger.info(fields, 'DATA_DIR was open to other users and is no longer; DATA_GROUP_READ=1 opens it to its group')
  } catch (cause) {
    if ((found & ~wanted) === 0) return
    logger.warn(
      { ...fields, is: undefined, reason: (cause as Error).message },
      'other users can open DATA_DIR; use a folder of your own',
    )
  }
}

const octal = (mode: number): string => mode.toString(8).padStart(3, '0')

/** Takes the permissions of the group and of others from a file or folder, if it exists and is this user's. */
function hide(path: string): void {
  try {
    const found = lstatSync(path)
    if (!found.isSymbolicLink() && (found.mode & PRIVATE_UMASK) !== 0)
      chmodSync(path, found.mode & PERMISSIONS & ~PRIVATE_UMASK)
  } catch {
    // It does not exist yet, or belongs to another user, who has decided.
  }
}
