import { gzipSync, zstdCompressSync } from 'node:zlib'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fuzz } from '../testing/fuzz.ts'
import { mutatedBytes } from '../testing/mutations.ts'
import { repeatingFrame } from '../testing/zstd-frame.ts'
import { decompress } from './decompress.ts'
import { describeInputFailure } from './input-failure.ts'
import { LineSplitter } from './split-lines.ts'

const TEXT = Array.from({ length: 60 }, (_, line) => `{"id":"${line}","title":"${'ice '.repeat(line % 17)}"}`).join(
  '\n',
)
/** Each file is read twice, so a run of all tests plays fewer of them. */
const RUNS = 100
const SKIPPABLE = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3])
const FILES = [
  Buffer.from(TEXT),
  gzipSync(TEXT),
  Buffer.concat([gzipSync('a\n'), gzipSync(TEXT)]),
  zstdCompressSync(TEXT),
  Buffer.concat([zstdCompressSync(TEXT), SKIPPABLE, zstdCompressSync('b\n')]),
  repeatingFrame(20, 3),
]

async function readAll(bytes: Buffer, chunkBytes: number): Promise<string[]> {
  const splitter = new LineSplitter()
  const lines: string[] = []
  async function* chunks(): AsyncGenerator<Buffer> {
    for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes)
  }
  for await (const chunk of decompress(chunks())) for (const line of splitter.split(chunk)) lines.push(line.toString())
  if (splitter.pending) lines.push(splitter.takeLast().toString())
  return lines
}

test('any file is read to its end or refused with a sentence, however it arrives in chunks', () =>
  fuzz(
    fc.record({
      bytes: fc.oneof(
        { weight: 9, arbitrary: mutatedBytes(...FILES) },
        { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)) },
      ),
      chunkBytes: fc.integer({ min: 1, max: 500 }),
    }),
    async ({ bytes, chunkBytes }) => {
      const read = (size: number): Promise<string[] | string | undefined> =>
        readAll(bytes, size).catch(describeInputFailure)
      const [whole, pieces] = [await read(bytes.length + 1), await read(chunkBytes)]
      if (Array.isArray(whole)) expect(pieces).toEqual(whole)
      else expect([whole, pieces]).toEqual([expect.stringMatching(/./), expect.stringMatching(/./)])
    },
    RUNS,
  ))
