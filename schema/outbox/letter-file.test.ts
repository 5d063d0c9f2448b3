import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { letterOfEvent, letterOfInput, type DeadLetter } from '../dead-letters.ts'
import { LetterFile, letterFile, LetterFileFullError } from './letter-file.ts'

let folder: string
let path: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gravitas-letters-'))
  path = letterFile(folder, 'ingest')
})

afterEach(() => rmSync(folder, { recursive: true }))

const input = (position: number, text: string): DeadLetter =>
  letterOfInput('ingest', { origin: 'a', position, reason: 'not JSON', data: Buffer.from(text), headers: {} })

const texts = (file: LetterFile, skip = 0): string[] =>
  file.next(100, skip).map(({ data }) => Buffer.from(data ?? []).toString())

test('letters wait in the order in which they came, each once, and are shared by all who open the file', () => {
  using file = new LetterFile(path)
  using other = new LetterFile(path)
  expect([other.count(), other.next(10, 0), existsSync(path)]).toEqual([0, [], false])
  file.add([input(1, 'one'), input(2, 'two'), input(1, 'one')])
  other.add([input(1, 'one'), input(1, 'another')])
  expect(texts(file)).toEqual(['one', 'two', 'another'])
  expect(texts(file, 2)).toEqual(['another'])
  file.remove(other.next(2, 0))
  expect([texts(other), other.count()]).toEqual([['another'], 1])
})

test('a letter comes back as it was', () => {
  using file = new LetterFile(path)
  const event = { stream: 'POSTS', sequence: 7, subject: 'posts.submitted.a', reason: 'b\nc', digest: 'd' }
  const letters = [letterOfEvent('scorer', event), input(1, 'größer')]
  file.add(letters)
  expect(file.next(10, 0)).toEqual(letters)
  expect(file.hasEvent((stream, sequence) => stream === 'POSTS' && sequence === 7)).toBe(true)
  expect(file.hasEvent((_, sequence) => sequence === 8)).toBe(false)
})

test('a full file takes none of the letters, and takes them when others were removed', () => {
  using file = new LetterFile(path, 200_000)
  const large = [1, 2, 3].map((position) => input(position, `${position}`.repeat(50_000)))
  file.add(large)
  expect(() => file.add([input(4, 'short'), input(5, '5'.repeat(50_000))])).toThrow(LetterFileFullError)
  expect(file.count()).toBe(3)
  file.remove(large.slice(0, 1))
  file.add([input(4, 'short'), input(5, '5'.repeat(50_000))])
  expect(file.count()).toBe(4)
})

test('nothing of a removed letter is left in the file', () => {
  using file = new LetterFile(path)
  file.add([input(1, 'a secret text '.repeat(1_000)), input(2, 'two')])
  file.remove(file.next(1, 0))
  file.scrub()
  for (const suffix of ['', '-wal']) expect(readFileSync(path + suffix).includes('secret')).toBe(false)
  expect(statSync(path).size).toBeLessThan(30_000)
})
