import { expect, test } from 'vitest'
import { toLabel } from './link-state.ts'

test('the label of a page is the state of its worst subscription', () => {
  expect(toLabel([])).toBe('')
  expect(toLabel(['live'])).toBe('live')
  expect(toLabel(['live', 'connecting'])).toBe('connecting')
  expect(toLabel(['connecting', 'reconnecting', 'live'])).toBe('reconnecting')
})
