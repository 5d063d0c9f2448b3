import { createHash } from 'node:crypto'
import { glob, readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'

export interface FileSet {
  /** Glob patterns, relative to the working directory. */
  readonly patterns: readonly string[]
  readonly exclude?: readonly string[]
}

/** A SHA-256 over the names and contents of files. It changes when a file is edited, added, removed or renamed. */
export async function digestFiles({ patterns, exclude = [] }: FileSet): Promise<string> {
  const entries = await Array.fromAsync(glob(patterns, { withFileTypes: true, exclude }))
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
  const hash = createHash('sha256')
  for (const file of files) hash.update(relative('.', file)).update(await readFile(file))
  return hash.digest('hex')
}
