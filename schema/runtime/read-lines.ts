import { decompress, type DecompressOptions } from './decompress.ts'
import { closeInput, counted, readFileBytes } from './input-file.ts'
import { requirePosts } from './require-posts.ts'
import { LineSplitter } from './split-lines.ts'

export interface ReadLinesOptions extends DecompressOptions {
  /** Called with the size of each chunk as it is on disk. */
  readonly onRead?: (bytes: number) => void
  /** Refuses a file whose first lines are not JSON objects. */
  readonly postsOnly?: boolean
}

/**
 * The lines of a file without their newlines and without a byte order mark. The first bytes tell how the file is
 * compressed. However the reading ends, the file is closed. Standard input is closed, too: it would keep the process alive
 * for as long as its other end is open.
 * @param path a file, or `-` for standard input
 * @throws an error that `describeInputFailure` explains, if the content of the file is the reason
 */
export async function* readLines(path: string, options: ReadLinesOptions = {}): AsyncGenerator<Buffer> {
  const source = readFileBytes(path)
  const splitter = new LineSplitter()
  try {
    const bytes = decompress(counted(source, options.onRead), options)
    const chunks = options.postsOnly === true ? requirePosts(bytes) : bytes
    for await (const chunk of chunks) yield* splitter.split(chunk)
    if (splitter.pending) yield splitter.takeLast()
  } finally {
    closeInput(source)
  }
}
