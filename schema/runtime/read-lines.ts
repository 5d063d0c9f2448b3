import { Readable } from 'node:stream'
import { decompress } from './decompress.ts'
import { counted, readFileBytes } from './input-file.ts'
import { LineSplitter } from './split-lines.ts'

/**
 * The lines of a file, decompressed by what its first bytes say, without their newlines and without a byte order mark.
 * However the reading ends, the file is closed; standard input too, which would keep the process alive while its other end
 * is open.
 * @param path a file, or `-` for standard input
 * @param onRead told of each chunk's bytes as they lie on disk
 */
export async function* readLines(path: string, onRead?: (bytes: number) => void): AsyncGenerator<Buffer> {
  const source = readFileBytes(path)
  const splitter = new LineSplitter()
  try {
    for await (const chunk of decompress(counted(source, onRead))) yield* splitter.split(chunk)
    if (splitter.pending) yield splitter.takeLast()
  } finally {
    if (source instanceof Readable) source.destroy()
  }
}
