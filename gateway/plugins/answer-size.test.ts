import { expect, test } from 'vitest'
import { isLarger } from './answer-size.ts'

test.each([
  ['x'.repeat(100), 50, true],
  [{ a: ['x'.repeat(30), 'x'.repeat(30)] }, 50, true],
  [Array.from({ length: 100 }, (_, index) => ({ a: index })), 500, true],
  [{ a: [null, 1, true, { b: 'x' }] }, 100, false],
  [undefined, 10, false],
])('the size of %j is measured without encoding it', (value, bytes, expected) =>
  expect(isLarger(value, bytes)).toBe(expected),
)
