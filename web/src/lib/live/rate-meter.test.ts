import { expect, test } from 'vitest'
import { RateMeter } from './rate-meter.ts'

test('a rate is that of the last ten seconds', () => {
  const meter = new RateMeter()
  expect(meter.look(1_000, 0)).toBeUndefined()
  expect(meter.look(1_010, 1_000)).toBe(10)
  expect(meter.look(1_010, 11_000)).toBe(0)
  // Long gone, as when the page was hidden: nothing to compare with.
  expect(meter.look(5_000, 100_000)).toBeUndefined()
})

test('a total that shrinks has no negative rate', () => {
  const meter = new RateMeter()
  meter.look(10, 0)
  expect(meter.look(5, 2_000)).toBe(0)
})
