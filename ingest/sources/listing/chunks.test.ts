import { expect, test } from 'vitest'
import { findRoom, halve, packChunks } from './chunks.ts'

const names = (count: number, length: number): string[] =>
  Array.from({ length: count }, (_, n) => String(n).padStart(length, 'x'))

test('packs at most a hundred names into a request, and no more than fit into a URL', () => {
  expect(packChunks(names(250, 5), 0).map((chunk) => chunk.names.length)).toEqual([100, 100, 50])
  const long = packChunks(names(200, 21), 0).map((chunk) => chunk.names.join('+').length)
  expect(Math.max(...long)).toBeLessThanOrEqual(1_500)
  expect(long).toHaveLength(3)
})

test('a name that comes back is added to the first chunk with room', () => {
  const chunks = packChunks(names(150, 5), 0)
  expect(findRoom(chunks, 'back')).toBe(chunks[1])
  chunks[0]!.names.pop()
  expect(findRoom(chunks, 'back')).toBe(chunks[0])
  expect(findRoom(chunks.slice(0, 1), 'x'.repeat(1_000))).toBeUndefined()
})

test('halves a list, the first half being the longer one', () => {
  expect(halve([1, 2, 3])).toEqual([[1, 2], [3]])
  expect(halve([1])).toEqual([[1], []])
})
