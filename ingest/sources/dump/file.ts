import { createHash } from 'node:crypto'
import { open, stat, type FileHandle } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import type { DumpSource } from '../../config.ts'
import { OperationalError } from '../../../schema/runtime/errors.ts'
import { detectEncoding } from '../../../schema/runtime/decompress.ts'
import { isRegularFile } from '../../../schema/runtime/input-file.ts'

const HEAD_BYTES = 64 * 1024
const READ_BYTES = 256 * 1024
const FOLLOW_INTERVAL_MS = 200

/**
 * Returns the key under which a file's position is kept. It is a hash of the file's name, size and first bytes, and of the subreddits
 * that are imported. A followed file, which grows, is identified by its path and inode instead.
 * @returns undefined for standard input and pipes, whose position is not kept
 */
export async function positionKey(file: string, source: DumpSource): Promise<string | undefined> {
  if (!isRegularFile(file)) return undefined
  const hash = createHash('sha256').update([...(source.subreddits ?? [])].sort().join(','))
  // A file that replaces a followed one has another inode, so it is read from its beginning.
  if (source.follow) hash.update(`\0follow\0${resolve(file)}\0${(await stat(file)).ino}`)
  else {
    await using handle = await open(file)
    hash.update(`\0${basename(file)}\0${(await handle.stat()).size}\0`).update(await readHead(handle))
  }
  return `dump-${hash.digest('hex').slice(0, 32)}`
}

async function readHead(handle: FileHandle): Promise<Buffer> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0)
  return buffer.subarray(0, bytesRead)
}

/** Reads a plain file and everything that is appended to it, until the signal is aborted. */
export async function* followFile(file: string, signal: AbortSignal): AsyncGenerator<Buffer> {
  await using handle = await open(file)
  if (detectEncoding((await readHead(handle)).subarray(0, 4)) !== 'plain') {
    throw new OperationalError(`--follow takes plain NDJSON only: ${file} is compressed.`)
  }
  for (let offset = 0; !signal.aborted;) {
    const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(READ_BYTES), 0, READ_BYTES, offset)
    offset += bytesRead
    if (bytesRead > 0) yield buffer.subarray(0, bytesRead)
    else if ((await handle.stat()).size < offset)
      throw new OperationalError(`${file} became shorter while it was followed.`)
    else await new Promise((resolve) => setTimeout(resolve, FOLLOW_INTERVAL_MS))
  }
}
