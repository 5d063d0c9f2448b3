import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { RemainsSearch } from './find-remains.ts'

const PAGE_BYTES = 1_024
const CELLS_AT = 900
const TEXT = 'the quick brown fox jumps over the lazy dog and goes on'

const folder = mkdtempSync(join(tmpdir(), 'gravitas-remains-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/**
 * A file with a leaf page that has one cell at CELLS_AT and `text` at offset `at`. By default another page comes first.
 */
function fileWith(text: string, at: number, { type = 13, isFirst = false } = {}): string {
  const page = Buffer.alloc(PAGE_BYTES)
  const header = isFirst ? 100 : 0
  page[header] = type
  page.writeUInt16BE(1, header + 3)
  page.writeUInt16BE(CELLS_AT, header + 5)
  page.write(text, at)
  const file = join(folder, 'test.db')
  writeFileSync(file, isFirst ? page : Buffer.concat([Buffer.alloc(PAGE_BYTES), page]))
  return file
}

const isIn = (file: string, ...texts: string[]): Promise<boolean> => new RemainsSearch(texts).isIn(file, PAGE_BYTES)

test.each([
  ['whole', TEXT],
  ['a piece of its beginning', TEXT.slice(0, 23)],
  ['a piece of its middle', TEXT.slice(17, 40)],
  ['a piece of its end', TEXT.slice(-14)],
])('a text is found in unused bytes: %s', async (_, piece) => {
  expect(await isIn(fileWith(piece, 300), 'another text', TEXT)).toBe(true)
  expect(await isIn(fileWith(piece, 300, { isFirst: true }), TEXT)).toBe(true)
})

test('short texts are found as a whole, also with letters beyond ASCII', async () => {
  expect(await isIn(fileWith('xquartzx', 300), 'quartz')).toBe(true)
  expect(await isIn(fileWith('größte Straße', 300), 'größte')).toBe(true)
  expect(await isIn(fileWith('quart', 300), 'quartz')).toBe(false)
  expect(await isIn(fileWith('fox', 300), 'fox')).toBe(false)
})

test('bytes in use and pages without rows are not searched', async () => {
  expect(await isIn(fileWith(TEXT, CELLS_AT), TEXT)).toBe(false)
  expect(await isIn(fileWith(TEXT, 300, { type: 0 }), TEXT)).toBe(false)
  expect(await isIn(fileWith(TEXT, 300))).toBe(false)
})
