import { createGunzip, createZstdDecompress, constants } from 'node:zlib'
import { pipeline, Readable } from 'node:stream'

const ZSTD_MAGIC = 0xfd2fb528
const SKIPPABLE_MAGIC = 0x184d2a50
const SKIPPABLE_MASK = 0xfffffff0
const GZIP_MAGIC = 0x8b1f
/** A frame may make the decompressor keep as many bytes as its window has: by default 128 MiB, as in the program zstd. */
const WINDOW_LOG_MAX = 27
/** Reddit's dumps are made with `zstd --long=31`, a window of 2 GiB. */
const LONG_WINDOW_LOG_MAX = 31
const OUTPUT_CHUNK_BYTES = 512 * 1024
const MAGIC_BYTES = 4

export interface DecompressOptions {
  /** Allows zstd frames with a window of up to 2 GiB, which take as much memory. */
  readonly long?: boolean
}

export type Encoding = 'zstd' | 'gzip' | 'plain'

/** Detects an encoding by the first bytes of a file, because the name of a file can be wrong. */
export function detectEncoding(head: Buffer): Encoding {
  if (head.length >= 4 && isZstdFrame(head.readUInt32LE())) return 'zstd'
  if (head.length >= 2 && head.readUInt16LE() === GZIP_MAGIC) return 'gzip'
  return 'plain'
}

const isSkippable = (magic: number): boolean => (magic & SKIPPABLE_MASK) >>> 0 === SKIPPABLE_MAGIC
const isZstdFrame = (magic: number): boolean => magic === ZSTD_MAGIC || isSkippable(magic)

/**
 * The decompressed bytes of a file in any of the three encodings. The source is closed however the reading ends.
 * @throws an error that `describeInputFailure` explains, if the content of the file is the reason
 */
export async function* decompress(
  source: AsyncIterable<Buffer>,
  { long = false }: DecompressOptions = {},
): AsyncGenerator<Buffer> {
  const input = new Input(source)
  try {
    yield* decode(input, long ? LONG_WINDOW_LOG_MAX : WINDOW_LOG_MAX)
  } finally {
    await input.close()
  }
}

async function* decode(input: Input, windowLogMax: number): AsyncGenerator<Buffer> {
  switch (detectEncoding(await input.peek(MAGIC_BYTES))) {
    case 'zstd':
      yield* unzstd(input, windowLogMax)
      break
    case 'gzip': {
      const gunzip = createGunzip({ chunkSize: OUTPUT_CHUNK_BYTES })
      yield* pipeline(Readable.from(input.chunks()), gunzip, () => {}) as AsyncIterable<Buffer>
      break
    }
    case 'plain':
      yield* input.chunks()
  }
}

/** Reads one frame after another: an archive may have many, and Node's decompressor stops after the first. */
async function* unzstd(input: Input, windowLogMax: number): AsyncGenerator<Buffer> {
  for (let head = await input.peek(MAGIC_BYTES); head.length > 0; head = await input.peek(MAGIC_BYTES)) {
    const magic = head.length < MAGIC_BYTES ? 0 : head.readUInt32LE()
    if (isSkippable(magic)) await skipFrame(input)
    else if (magic === ZSTD_MAGIC) yield* unzstdFrame(input, windowLogMax)
    else throw Object.assign(new Error('unexpected bytes after a zstd frame'), { code: 'Z_DATA_ERROR' })
  }
}

async function skipFrame(input: Input): Promise<void> {
  const header = await input.peek(8)
  let rest = header.length < 8 ? Infinity : 8 + header.readUInt32LE(4)
  for (let chunk = await input.next(); chunk !== undefined; chunk = await input.next()) {
    if (chunk.length >= rest) return input.unshift(chunk.subarray(rest))
    rest -= chunk.length
  }
  throw Object.assign(new Error('unexpected end of file'), { code: 'Z_BUF_ERROR' })
}

async function* unzstdFrame(input: Input, windowLogMax: number): AsyncGenerator<Buffer> {
  const frame = createZstdDecompress({
    chunkSize: OUTPUT_CHUNK_BYTES,
    params: { [constants.ZSTD_d_windowLogMax]: windowLogMax },
  })
  const ended = new Promise<void>((resolve) => frame.once('end', resolve).once('close', resolve))
  const feeding = feed(frame, input, ended)
  feeding.catch((error: Error) => frame.destroy(error))
  yield* frame as AsyncIterable<Buffer>
  await feeding
}

/** Writes one chunk at a time into a frame, so that bytes behind the end of the frame can be given back. */
async function feed(frame: ReturnType<typeof createZstdDecompress>, input: Input, ended: Promise<void>): Promise<void> {
  let over = false
  void ended.then(() => (over = true))
  for (let chunk = await input.next(); chunk !== undefined; chunk = await input.next()) {
    if (over) return input.unshift(chunk)
    const before = frame.bytesWritten
    await Promise.race([ended, new Promise((resolve) => frame.write(chunk, resolve))])
    const taken = frame.bytesWritten - before
    if (taken < chunk.length) return input.unshift(chunk.subarray(taken))
  }
  frame.end()
}

/** Chunks of a source; a reader can look at the next bytes, and give back those that it did not use. */
class Input {
  readonly #source: AsyncIterator<Buffer>
  #waiting: Buffer[] = []
  #isReading = false

  constructor(source: AsyncIterable<Buffer>) {
    this.#source = source[Symbol.asyncIterator]()
  }

  async next(): Promise<Buffer | undefined> {
    const waiting = this.#waiting.shift()
    if (waiting !== undefined) return waiting
    this.#isReading = true
    try {
      const { value, done } = await this.#source.next()
      return done === true ? undefined : value
    } finally {
      this.#isReading = false
    }
  }

  /**
   * Ends the source. A source closes only after its pending read has ended. A read of standard input may never end, so
   * this does not wait for it; the owner of such a source destroys it.
   */
  async close(): Promise<void> {
    const closing = Promise.resolve(this.#source.return?.())
    if (this.#isReading) closing.catch(() => {})
    else await closing
  }

  unshift(chunk: Buffer): void {
    if (chunk.length > 0) this.#waiting.unshift(chunk)
  }

  /** The next `count` bytes, fewer at the end of the source. They can still be read afterwards. */
  async peek(count: number): Promise<Buffer> {
    let head = Buffer.alloc(0)
    while (head.length < count) {
      const chunk = await this.next()
      if (chunk === undefined) break
      head = head.length === 0 ? (chunk as typeof head) : Buffer.concat([head, chunk])
    }
    this.unshift(head)
    return head.subarray(0, count)
  }

  async *chunks(): AsyncGenerator<Buffer> {
    for (let chunk = await this.next(); chunk !== undefined; chunk = await this.next()) yield chunk
  }
}
