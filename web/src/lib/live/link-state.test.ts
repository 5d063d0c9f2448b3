import { expect, test } from 'vitest'
import { toLabel, toMark } from './link-state.ts'

test('the label of a page is the state of its worst subscription', () => {
  expect(toLabel([])).toBe('')
  expect(toLabel(['live'])).toBe('live')
  expect(toLabel(['live', 'connecting'])).toBe('connecting')
  expect(toLabel(['connecting', 'reconnecting', 'live'])).toBe('reconnecting')
})

test('a page is not live while its figures are wrong or stand still', () => {
  expect(toMark('live', true)).toBe('live')
  expect(toMark('', true)).toBe('')
  expect(toMark('live', false)).toBe('not current')
  expect(toMark('', false)).toBe('not current')
  expect(toMark('reconnecting', false)).toBe('reconnecting')
})
