import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'

/** As a file name it means standard input, or standard output if the file is written. */
export const STANDARD_STREAM = '-'
const READ_BYTES = 256 * 1024

/** The name of an input in messages. */
export const inputName = (path: string): string => (path === STANDARD_STREAM ? 'standard input' : basename(path))

/** The size of a file on disk in bytes; undefined for standard input, pipes and devices. */
export async function fileSize(path: string): Promise<number | undefined> {
  if (path === STANDARD_STREAM) return undefined
  const found = await stat(path)
  return found.isFile() ? found.size : undefined
}

/** The bytes of a file, or of standard input, as they are on disk. */
export const readFileBytes = (path: string, signal?: AbortSignal): AsyncIterable<Buffer> =>
  path === STANDARD_STREAM
    ? (process.stdin as AsyncIterable<Buffer>)
    : createReadStream(path, { highWaterMark: READ_BYTES, ...(signal === undefined ? {} : { signal }) })

/** Passes chunks on, and calls `onRead` with the size of each. */
export async function* counted(
  chunks: AsyncIterable<Buffer>,
  onRead: ((bytes: number) => void) | undefined,
): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    onRead?.(chunk.length)
    yield chunk
  }
}
