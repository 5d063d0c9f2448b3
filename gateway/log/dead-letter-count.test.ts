import { expect, test } from 'vitest'
import { DeadLetterCount } from './dead-letter-count.ts'

const MINUTE_MS = 60_000

test('only the rejected events of the last ten minutes count', () => {
  const count = new DeadLetterCount()
  expect(count.add(0, 100)).toBe(0)
  expect(count.add(MINUTE_MS, 102)).toBe(2)
  expect(count.add(9 * MINUTE_MS, 103)).toBe(3)
  expect(count.add(11 * MINUTE_MS + 1, 103)).toBe(1)
  expect(count.add(20 * MINUTE_MS, 103)).toBe(0)
})

test('a stream that was re-created counts from its beginning', () => {
  const count = new DeadLetterCount()
  expect(count.add(0, 100)).toBe(0)
  expect(count.add(1, 3)).toBe(0)
  expect(count.add(2, 4)).toBe(1)
  expect(count.add(3, undefined)).toBe(0)
})
