import { expect, test } from 'vitest'
import { toPostKey } from '../schema/post-id.ts'
import { ScoredPostKeys } from './scored-post-keys.ts'

test('knows the last half million posts at least, and forgets older ones', () => {
  const recent = new ScoredPostKeys()
  const key = (number: number): number => toPostKey((36 ** 6 + number).toString(36))
  for (let number = 0; number < 1_600_000; number++) {
    recent.add(key(number))
  }
  for (let number = 1_100_000; number < 1_600_000; number += 997) expect(recent.has(key(number))).toBe(true)
  expect(recent.has(key(10))).toBe(false)
})

test('ids of all lengths have different keys', () => {
  const recent = new ScoredPostKeys()
  const ids = ['0', '00', 'z', '1abcde', 'zzzzzzzzzz', '0000000001', '1']
  for (const [index, id] of ids.entries()) {
    expect(ids.map((other) => recent.has(toPostKey(other)))).toEqual(ids.map((_, other) => other < index))
    recent.add(toPostKey(id))
  }
})
