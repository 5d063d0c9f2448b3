import { readdirSync, readFileSync, type Dirent } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { History } from '../load/history.ts'
import { markOf } from '../load/posts.ts'
import { CheckError } from './check.ts'

const POLL_MS = 500
const SHOWN = 5

/**
 * Waits until no file of the log or of a read model holds a text of an erased post.
 * @returns the number of erased posts
 * @throws CheckError when texts are left after `timeoutMs`
 */
export async function checkErased(history: History, dataDir: string, timeoutMs: number): Promise<number> {
  const marks = history.erasedPosts.map(({ id }) => markOf(id))
  const deadline = performance.now() + timeoutMs
  for (;;) {
    const left = findMarks(dataDir, marks)
    if (left.length === 0) return marks.length
    if (performance.now() > deadline)
      throw new CheckError(`${left.length} texts of erased posts are left: ${left.slice(0, SHOWN).join(', ')}`)
    await pause(POLL_MS)
  }
}

function findMarks(folder: string, marks: readonly string[]): string[] {
  return unlessGone<Dirent[]>([], () => readdirSync(folder, { withFileTypes: true })).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return findMarks(path, marks)
    if (!entry.isFile()) return []
    const bytes = unlessGone(Buffer.alloc(0), () => readFileSync(path))
    return marks.filter((mark) => bytes.includes(mark)).map((mark) => `${mark} in ${path}`)
  })
}

function unlessGone<T>(otherwise: T, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return otherwise
    throw error
  }
}
