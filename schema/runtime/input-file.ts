import { accessSync, constants, createReadStream, openSync, statSync, type Stats } from 'node:fs'
import { stat } from 'node:fs/promises'
import { Socket } from 'node:net'
import { basename } from 'node:path'
import { Readable } from 'node:stream'
import { InputRefusedError } from './input-failure.ts'

/** As a file name it means standard input, or standard output if the file is written. */
export const STANDARD_STREAM = '-'
const READ_BYTES = 256 * 1024

/** The name of an input in messages. */
export const inputName = (path: string): string => (path === STANDARD_STREAM ? 'standard input' : basename(path))

/** Says why a path cannot be read as a file of posts; undefined if it can. A named pipe can be read. */
export function findInputProblem(path: string): string | undefined {
  if (path === STANDARD_STREAM) return undefined
  try {
    const kind = unreadableKind(statSync(path))
    if (kind !== undefined) return `${path} is ${kind}, not a file`
    accessSync(path, constants.R_OK)
    return undefined
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    return code === 'ENOENT' ? `${path} does not exist` : `${path} cannot be read: ${message}`
  }
}

/** A device may never end, and a socket cannot be opened. */
function unreadableKind(found: Stats): string | undefined {
  if (found.isFile() || found.isFIFO()) return undefined
  if (found.isDirectory()) return 'a folder'
  return found.isSocket() ? 'a socket' : 'a device'
}

/** Whether a path is a file on disk, and not standard input or a pipe. */
export const isRegularFile = (path: string): boolean => path !== STANDARD_STREAM && statSync(path).isFile()

/** The size of a file on disk in bytes; undefined for standard input and pipes. */
export async function fileSize(path: string): Promise<number | undefined> {
  return isRegularFile(path) ? (await stat(path)).size : undefined
}

/** The bytes of a file, a named pipe or standard input, as they are on disk. */
export function readFileBytes(path: string, signal?: AbortSignal): AsyncIterable<Buffer> {
  if (path === STANDARD_STREAM) return process.stdin as AsyncIterable<Buffer>
  const found = statSync(path)
  if (found.isFIFO()) return readPipe(path, signal)
  return readWhole(path, found.size, signal)
}

/**
 * Reads a pipe as a socket. A file stream would wait for the pipe's writer in a thread that nothing can interrupt, and
 * the process could not end.
 */
function readPipe(path: string, signal: AbortSignal | undefined): AsyncIterable<Buffer> {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  return new Socket({ fd, readable: true, writable: false, ...(signal === undefined ? {} : { signal }) })
}

/** @throws InputRefusedError when the file became shorter, because its end would be missing without a word */
async function* readWhole(path: string, size: number, signal: AbortSignal | undefined): AsyncGenerator<Buffer> {
  let read = 0
  const stream = createReadStream(path, { highWaterMark: READ_BYTES, ...(signal === undefined ? {} : { signal }) })
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    read += chunk.length
    yield chunk
  }
  if (read < size) throw new InputRefusedError('became shorter while it was read')
}

/** Closes an input that may be waiting for bytes that never come. */
export function closeInput(source: AsyncIterable<Buffer>): void {
  if (source instanceof Readable) source.destroy()
}

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
