import { createReadStream, type ReadStream } from 'node:fs'
import { pipeline, type Readable } from 'node:stream'
import { constants, createGunzip, createZstdDecompress } from 'node:zlib'

const NEWLINE = 10
const ZSTD_MAGIC = 0xfd2fb528
const GZIP_MAGIC = 0x1f8b
/** Monthly dumps are compressed with a 2 GiB window. */
const ZSTD_WINDOW_LOG = 31
const CHUNK_BYTES = 2 ** 18
/** A longer line cannot be a post; it is cut here so that a file without newlines does not fill the memory. */
export const MAX_LINE_BYTES = 16 * 2 ** 20

/** A file or standard input as lines, decompressed by what its first bytes say. */
export interface LineSource {
  /** Blocks of whole lines, without their newlines; empty lines are included. */
  readonly lines: AsyncIterable<Buffer[]>
  /** Compressed bytes read so far. */
  bytesRead(): number
  destroy(): void
}

/** @param path a file, or `-` for standard input */
export async function openLines(path: string): Promise<LineSource> {
  const source = path === '-' ? process.stdin : createReadStream(path, { highWaterMark: CHUNK_BYTES })
  let counted = 0
  const head = await firstChunk(source)
  const input = async function* (): AsyncGenerator<Buffer> {
    if (head === undefined) return
    counted += head.length
    yield head
    for await (const chunk of source as AsyncIterable<Buffer>) {
      counted += chunk.length
      yield chunk
    }
  }
  const decoder = head === undefined ? undefined : decoderOf(head)
  const bytes: AsyncIterable<Buffer> = decoder === undefined ? input() : decode(input(), decoder)
  return { lines: splitLines(bytes), bytesRead: () => counted, destroy: () => source.destroy() }
}

function decode(input: AsyncGenerator<Buffer>, decoder: NodeJS.ReadWriteStream): AsyncIterable<Buffer> {
  // Errors reach the reader of the decoder, which pipeline destroys with them.
  return pipeline(input, decoder, () => {}) as unknown as AsyncIterable<Buffer>
}

function decoderOf(head: Buffer): NodeJS.ReadWriteStream | undefined {
  if (head.length >= 4 && head.readUInt32LE(0) === ZSTD_MAGIC) {
    return createZstdDecompress({
      chunkSize: CHUNK_BYTES,
      params: { [constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG },
    })
  }
  if (head.length >= 2 && head.readUInt16BE(0) === GZIP_MAGIC) return createGunzip({ chunkSize: CHUNK_BYTES })
  return undefined
}

async function firstChunk(source: ReadStream | typeof process.stdin): Promise<Buffer | undefined> {
  const iterator = (source as Readable).iterator({ destroyOnReturn: false })
  const { value, done } = (await iterator.next()) as IteratorResult<Buffer, undefined>
  await iterator.return?.()
  return done === true ? undefined : value
}

async function* splitLines(bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer[]> {
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of bytes) {
    const block = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    const lines: Buffer[] = []
    let start = 0
    for (let end = block.indexOf(NEWLINE); end >= 0; end = block.indexOf(NEWLINE, start)) {
      lines.push(block.subarray(start, end))
      start = end + 1
    }
    rest = block.subarray(start)
    if (rest.length > MAX_LINE_BYTES) {
      lines.push(rest)
      rest = Buffer.alloc(0)
    }
    if (lines.length > 0) yield lines
  }
  if (rest.length > 0) yield [rest]
}
