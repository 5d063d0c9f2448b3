import { expect, test } from 'vitest'
import { BackOff } from './back-off.ts'

test('pauses double up to the limit, and begin again after a success', () => {
  const backOff = new BackOff({ firstMs: 100, maxMs: 500 })
  expect(Array.from({ length: 5 }, () => backOff.next())).toEqual([100, 200, 400, 500, 500])
  backOff.reset()
  expect(backOff.next()).toBe(100)
  backOff.skipToLongest()
  expect(backOff.next()).toBe(500)
})
