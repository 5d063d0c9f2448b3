import { statfs } from 'node:fs/promises'

/** With less room than this, a disk counts as full: nats-server and SQLite no longer write reliably. */
export const FULL_BELOW_BYTES = 8 * 2 ** 20

/** How many bytes this user may still write to the disk of a folder; undefined if the folder cannot be examined. */
export async function readFreeBytes(folder: string): Promise<number | undefined> {
  try {
    const { bavail, bsize } = await statfs(folder)
    return bavail * bsize
  } catch {
    return undefined
  }
}
