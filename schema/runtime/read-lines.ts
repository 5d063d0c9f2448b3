import { Readable } from 'node:stream'
import { decompress } from './decompress.ts'
import { counted, readFileBytes } from './input-file.ts'
import { LineSplitter } from './split-lines.ts'

/**
 * The lines of a file without their newlines and without a byte order mark. The first bytes tell how the file is
 * compressed. However the reading ends, the file is closed. Standard input is closed, too: it would keep the process alive
 * for as long as its other end is open.
 * @param path a file, or `-` for standard input
 * @param onRead called with the size of each chunk as it is on disk
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
