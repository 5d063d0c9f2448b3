import { expect, test } from 'vitest'
import { toLabel } from './link-state.ts'

test('a page is as live as its worst subscription', () => {
  expect(toLabel([])).toBe('')
  expect(toLabel(['live'])).toBe('live')
  expect(toLabel(['live', 'connecting'])).toBe('connecting')
  expect(toLabel(['connecting', 'reconnecting', 'live'])).toBe('reconnecting')
})
