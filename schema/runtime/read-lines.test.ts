import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readLines } from './read-lines.ts'
import { LineSplitter } from './split-lines.ts'

let file: string
beforeAll(async () => {
  file = join(await mkdtemp(join(tmpdir(), 'gravitas-lines-')), 'lines')
})
afterAll(() => rm(join(file, '..'), { recursive: true }))

async function linesOf(content: string | Buffer): Promise<string[]> {
  await writeFile(file, content)
  const lines: string[] = []
  for await (const line of readLines(file)) lines.push(String(line))
  return lines
}

test('a byte order mark in front of a file is not part of its first line', async () => {
  expect(await linesOf('\uFEFF{"id":1}\n{"id":2}\n')).toEqual(['{"id":1}', '{"id":2}'])
  expect(await linesOf(gzipSync('\uFEFFonly'))).toEqual(['only'])
  expect(await linesOf('\uFEFF')).toEqual([''])
  expect(await linesOf('')).toEqual([])
})

test('a byte order mark is dropped only in front of the first line, even if it is split between chunks', () => {
  const bytes = Buffer.from('\uFEFFone\n\uFEFFtwo\nthree')
  for (let size = 1; size <= bytes.length; size++) {
    const splitter = new LineSplitter()
    const lines: string[] = []
    for (let at = 0; at < bytes.length; at += size)
      for (const line of splitter.split(bytes.subarray(at, at + size))) lines.push(line.toString('utf8'))
    lines.push(splitter.takeLast().toString('utf8'))
    expect(lines).toEqual(['one', '\uFEFFtwo', 'three'])
  }
})

test('a line without an end is refused before it fills the memory, in every encoding', async () => {
  const endless = Buffer.alloc(65 * 2 ** 20, 'x')
  for (const content of [gzipSync(endless), zstdCompressSync(endless)])
    await expect(linesOf(content)).rejects.toThrow('has a line of more than 64 MiB')
  const splitter = new LineSplitter()
  const split = (): void => {
    for (let n = 0; n < 66; n++) Array.from(splitter.split(endless.subarray(0, 2 ** 20)))
  }
  expect(split).toThrow('has a line of more than 64 MiB')
})
