import { gzipSync, zstdCompressSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { repeatingFrame } from '../testing/zstd-frame.ts'
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

test('refuses a zstd frame that takes much memory unless it is allowed, also behind another frame', async () => {
  for (const data of [repeatingFrame(28, 1), Buffer.concat([zstdCompressSync(text), repeatingFrame(31, 1)])]) {
    const error: unknown = await read(data).catch((found: unknown) => found)
    expect(describeInputFailure(error)).toContain('add --long')
  }
  expect(await read(repeatingFrame(27, 2))).toHaveLength(256 * 1024)
  const chunks = decompress(inPieces(repeatingFrame(31, 2), 100), { long: true })
  expect((await chunks.next()).value).toHaveLength(256 * 1024)
})
