import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'

/** Stands for standard input where a file is asked for, and for standard output where one is written. */
export const STANDARD_STREAM = '-'
const READ_BYTES = 256 * 1024

/** What to call an input in messages. */
export const inputName = (path: string): string => (path === STANDARD_STREAM ? 'standard input' : basename(path))

/** Bytes on disk; undefined for what has no size. */
export async function fileSize(path: string): Promise<number | undefined> {
  if (path === STANDARD_STREAM) return undefined
  const found = await stat(path)
  return found.isFile() ? found.size : undefined
}

/** The file's bytes as they lie there. */
export const readFileBytes = (path: string, signal?: AbortSignal): AsyncIterable<Buffer> =>
  path === STANDARD_STREAM
    ? (process.stdin as AsyncIterable<Buffer>)
    : createReadStream(path, { highWaterMark: READ_BYTES, ...(signal === undefined ? {} : { signal }) })

/** The same chunks, each told before it is passed on. */
export async function* counted(
  chunks: AsyncIterable<Buffer>,
  onRead: ((bytes: number) => void) | undefined,
): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    onRead?.(chunk.length)
    yield chunk
  }
}
