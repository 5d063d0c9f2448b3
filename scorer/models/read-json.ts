import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { OperationalError } from '../../schema/runtime/errors.ts'

/** The most bytes of `model.json`. */
export const MAX_MANIFEST_BYTES = 2 ** 20
/** The largest `tokenizer.json` in use has 34 MB. */
const MAX_JSON_BYTES = 128 * 2 ** 20

/**
 * Reads a JSON file of a scoring model's folder. The folder may come from somebody else, so a file without an end or of
 * an absurd size is refused.
 * @returns undefined if it is missing
 * @throws OperationalError if it is unreadable
 */
export async function readJson(file: string, maxBytes = MAX_JSON_BYTES): Promise<unknown> {
  try {
    await requireFile(file, maxBytes)
    return JSON.parse(await readFile(file, 'utf8')) as unknown
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    if (code === 'ENOENT') return undefined
    const how = cause instanceof SyntaxError ? `${file} is not JSON` : `Cannot read ${file}`
    throw new OperationalError(`${how}: ${message}`, { cause })
  }
}

/** The name in `model.json`. Undefined if it cannot be read: loading the scoring model says what is wrong with the file. */
export async function readModelName(folder: string): Promise<string | undefined> {
  try {
    const { name } = (await readJson(join(folder, 'model.json'), MAX_MANIFEST_BYTES)) as { name?: unknown }
    return typeof name === 'string' ? name : undefined
  } catch {
    return undefined
  }
}

/** @throws an error when a path is a folder, a pipe or a device, or its file is too large */
export async function requireFile(file: string, maxBytes = Infinity): Promise<void> {
  const found = await stat(file)
  if (!found.isFile()) throw new Error('it is not a regular file')
  if (found.size > maxBytes) throw new Error(`it has more than ${maxBytes / 2 ** 20} MiB`)
}
