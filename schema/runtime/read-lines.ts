import { decompress } from './decompress.ts'
import { counted, readFileBytes } from './input-file.ts'
import { LineSplitter } from './split-lines.ts'

/**
 * The lines of a file, decompressed by what its first bytes say, without their newlines.
 * @param path a file, or `-` for standard input
 * @param onRead told of each chunk's bytes as they lie on disk
 */
export async function* readLines(path: string, onRead?: (bytes: number) => void): AsyncGenerator<Buffer> {
  const splitter = new LineSplitter()
  for await (const chunk of decompress(counted(readFileBytes(path), onRead))) yield* splitter.split(chunk)
  if (splitter.pending) yield splitter.takeLast()
}
