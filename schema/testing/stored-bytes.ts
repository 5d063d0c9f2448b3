import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The files of a folder whose bytes on disk hold a text. The server may remove files meanwhile. */
export function filesWith(folder: string, text: string): string[] {
  const entries = unlessGone(() => readdirSync(folder, { withFileTypes: true })) ?? []
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return filesWith(path, text)
    return entry.isFile() && unlessGone(() => readFileSync(path))?.includes(text) === true ? [path] : []
  })
}

function unlessGone<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
