import { createReadStream } from 'node:fs'
import { decompress } from './decompress.ts'
import { LineSplitter } from './split-lines.ts'

const CHUNK_BYTES = 256 * 1024

/**
 * The lines of a file, decompressed by what its first bytes say, without their newlines.
 * @param path a file, or `-` for standard input
 * @param onRead told of each chunk's bytes as they lie on disk
 */
export async function* readLines(path: string, onRead?: (bytes: number) => void): AsyncGenerator<Buffer> {
  const source = path === '-' ? process.stdin : createReadStream(path, { highWaterMark: CHUNK_BYTES })
  const splitter = new LineSplitter()
  for await (const chunk of decompress(counted(source as AsyncIterable<Buffer>, onRead))) yield* splitter.split(chunk)
  if (splitter.pending) yield splitter.takeLast()
}

async function* counted(chunks: AsyncIterable<Buffer>, onRead?: (bytes: number) => void): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    onRead?.(chunk.length)
    yield chunk
  }
}
