import { expect, test } from 'vitest'
import { toHourIndex } from './hour-keys.ts'

test('slider keys lead from hour to hour and never out of the week', () => {
  expect(toHourIndex('ArrowLeft', 5)).toBe(4)
  expect(toHourIndex('PageUp', 5)).toBe(29)
  expect(toHourIndex('ArrowRight', 167)).toBe(167)
  expect(toHourIndex('Home', 100)).toBe(0)
  expect(toHourIndex('End', 0)).toBe(167)
  expect(toHourIndex('Tab', 5)).toBeUndefined()
})
