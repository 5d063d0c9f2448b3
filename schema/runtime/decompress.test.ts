import { gzipSync, zstdCompressSync } from 'node:zlib'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decompress, detectEncoding } from './decompress.ts'
import { describeInputFailure } from './input-failure.ts'

const text = Buffer.from(Array.from({ length: 20_000 }, (_, n) => `line ${n} ${Math.sin(n)}\n`).join(''))
const skippable = Buffer.from([0x51, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 1, 2, 3, 4])

async function* inPieces(data: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let start = 0; start < data.length; start += size) yield data.subarray(start, start + size)
}

async function read(data: Buffer, size = 10_007): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of decompress(inPieces(data, size))) chunks.push(chunk)
  return Buffer.concat(chunks)
}

test('detects encodings by the first bytes of a file', () => {
  expect(detectEncoding(zstdCompressSync('x'))).toBe('zstd')
  expect(detectEncoding(skippable)).toBe('zstd')
  expect(detectEncoding(gzipSync('x'))).toBe('gzip')
  expect(detectEncoding(Buffer.from('{"id":1}'))).toBe('plain')
  expect(detectEncoding(Buffer.alloc(0))).toBe('plain')
})

test.each([
  ['plain text', text],
  ['zstd', zstdCompressSync(text)],
  ['gzip', gzipSync(text)],
])('reads %s in pieces of any size', async (_, data) => {
  expect(await read(data)).toEqual(text)
  expect(await read(data, 3_000_000)).toEqual(text)
  expect((await read(data.subarray(0, 1), 1)).length).toBeLessThanOrEqual(1)
})

test('reads an archive of several frames to its end', async () => {
  const half = Math.floor(text.length / 2)
  const frames = [zstdCompressSync(text.subarray(0, half)), skippable, zstdCompressSync(text.subarray(half))]
  for (const size of [7, 10_007, 3_000_000]) expect(await read(Buffer.concat(frames), size)).toEqual(text)
  expect(await read(Buffer.concat([gzipSync(text), gzipSync(text)]))).toHaveLength(2 * text.length)
})

test.each([
  ['zstd', zstdCompressSync(text)],
  ['gzip', gzipSync(text)],
  ['the second frame of zstd', Buffer.concat([zstdCompressSync('x'), zstdCompressSync(text)])],
])('refuses an archive that was cut off: %s', async (_, data) => {
  await expect(read(data.subarray(0, data.length - 10))).rejects.toMatchObject({ code: 'Z_BUF_ERROR' })
})

test('refuses foreign bytes after an archive', async () => {
  await expect(read(Buffer.concat([zstdCompressSync(text), Buffer.from('foreign')]))).rejects.toThrow(
    'unexpected bytes',
  )
})

test.each([
  ['plain text', text],
  ['zstd', zstdCompressSync(text)],
  ['gzip', gzipSync(text)],
  ['a damaged archive', Buffer.concat([zstdCompressSync('x'), text])],
])('closes the source of %s when the reader stops early', async (_, data) => {
  const { promise: closed, resolve: close } = Promise.withResolvers<void>()
  async function* source(): AsyncGenerator<Buffer> {
    try {
      for (;;) yield data
    } finally {
      close()
    }
  }
  const read = async (): Promise<void> => {
    for await (const chunk of decompress(source())) if (chunk.length > 1) break
  }
  await read().catch(() => {})
  await expect(closed).resolves.toBeUndefined()
})

test.each([['zstd', zstdCompressSync(text)] as const, ['gzip', gzipSync(text)] as const])(
  'does not wait for the rest of %s that never comes',
  async (_, data) => {
    async function* source(): AsyncGenerator<Buffer> {
      yield data.subarray(0, data.length - 10)
      await new Promise(() => {})
    }
    const chunks = decompress(source())
    expect((await chunks.next()).done).toBe(false)
    expect((await chunks.return(undefined)).done).toBe(true)
  },
)

/** A zstd frame with a window of 2^`windowLog` bytes and as many blocks of 128 KiB, each of which repeats one byte. */
function repeatingFrame(windowLog: number, blocks: number): Buffer {
  const header = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, (windowLog - 10) << 3])
  const block = Buffer.from([2, 0, 0x10, 0x61])
  const last = Buffer.from([3, 0, 0x10, 0x61])
  return Buffer.concat([header, ...Array.from({ length: blocks - 1 }, () => block), last])
}

test('refuses a zstd frame that takes much memory unless it is allowed, also behind another frame', async () => {
  for (const data of [repeatingFrame(28, 1), Buffer.concat([zstdCompressSync(text), repeatingFrame(31, 1)])]) {
    const error: unknown = await read(data).catch((found: unknown) => found)
    expect(describeInputFailure(error)).toContain('add --long')
  }
  expect(await read(repeatingFrame(27, 2))).toHaveLength(256 * 1024)
  const chunks = decompress(inPieces(repeatingFrame(31, 2), 100), { long: true })
  expect((await chunks.next()).value).toHaveLength(256 * 1024)
})

const small = Buffer.from('{"id":"a"}\n{"id":"b"}\n'.repeat(20))
const archives = [
  zstdCompressSync(small),
  gzipSync(small),
  Buffer.concat([zstdCompressSync(small), skippable, zstdCompressSync(small)]),
  Buffer.concat([gzipSync(small), gzipSync(small)]),
  repeatingFrame(20, 3),
]

/** Archives with some bytes changed, cut off or appended, and random bytes. */
const damaged = fc.oneof(
  fc.uint8Array({ maxLength: 200 }),
  fc
    .record({
      archive: fc.constantFrom(...archives),
      changes: fc.array(fc.tuple(fc.nat(200), fc.nat(255)), { maxLength: 4 }),
      length: fc.nat(250),
      tail: fc.uint8Array({ maxLength: 20 }),
    })
    .map(({ archive, changes, length, tail }) => {
      const bytes = Buffer.concat([archive.subarray(0, length), tail])
      for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value
      return bytes
    }),
)

test('any damage of an archive ends with a sentence', async () => {
  await fc.assert(
    fc.asyncProperty(damaged, fc.integer({ min: 1, max: 300 }), async (bytes, size) => {
      const outcome = await read(Buffer.from(bytes), size).then(() => 'read', describeInputFailure)
      expect(outcome).toBeTypeOf('string')
    }),
    { numRuns: Number(process.env['FUZZ_RUNS'] ?? 300) },
  )
})
