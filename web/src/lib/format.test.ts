import { expect, test } from 'vitest'
import { formatAge, formatCount, formatSeriousness, toWord } from './format.ts'
import { parseEvents } from './live/sse.ts'

test('numbers read well', () => {
  expect(formatCount(1_234_567)).toBe('1,234,567')
  expect(formatSeriousness(0.8731)).toBe('0.87')
  expect(formatSeriousness(null)).toBe('–')
  expect([0, 0.5, 1].map(toWord)).toEqual(['pure banter', 'mixed', 'serious'])
})

test('ages go to the largest unit', () => {
  const now = Date.parse('2026-11-20T12:00:00Z')
  expect(formatAge('2026-11-20T11:59:30Z', now)).toBe('just now')
  expect(formatAge('2026-11-20T10:00:00Z', now)).toBe('2 h ago')
  expect(formatAge('2013-01-01T10:00:00Z', now)).toBe('2013-01-01')
})

test('events are found however the stream is cut, comments are passed over', () => {
  const text = ':\n\nevent: next\ndata: {"a":1}\n\nevent: next\ndata: {"a":2}\n\nevent: comp'
  for (let cut = 0; cut <= text.length; cut++) {
    const first = parseEvents(text.slice(0, cut))
    const second = parseEvents(first.rest + text.slice(cut))
    expect([...first.data, ...second.data]).toEqual(['{"a":1}', '{"a":2}'])
  }
})
