import { expect, test } from 'vitest'
import { RateMeter } from './rate-meter.ts'

test('the rate covers the last ten seconds', () => {
  const meter = new RateMeter()
  expect(meter.add(1_000, 0)).toBeUndefined()
  expect(meter.add(1_010, 1_000)).toBe(10)
  expect(meter.add(1_010, 11_000)).toBe(0)
  // The earlier samples are too old, as after a page was hidden, so there is nothing to compare with.
  expect(meter.add(5_000, 100_000)).toBeUndefined()
})

test('the rate of a shrinking total is zero', () => {
  const meter = new RateMeter()
  meter.add(10, 0)
  expect(meter.add(5, 2_000)).toBe(0)
})
