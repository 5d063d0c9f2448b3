import { expect, test } from 'vitest'
import { formatAge, formatBytes, formatCount, formatPosts, formatRate, formatSeriousness, toWord } from './format.ts'

test('numbers are formatted for people', () => {
  expect(formatCount(1_234_567)).toBe('1,234,567')
  expect([1, 2_000].map(formatPosts)).toEqual(['1 post', '2,000 posts'])
  expect(formatSeriousness(0.8731)).toBe('0.87')
  expect(formatSeriousness(null)).toBe('–')
  expect([undefined, 0, 9.94, 9.96, 4_321.4].map(formatRate)).toEqual(['–', '0.0', '9.9', '10', '4,321'])
  expect([0, 999, 1_234, 271_861_079].map(formatBytes)).toEqual(['0 B', '999 B', '1.23 kB', '272 MB'])
})

test('seriousness is also described in words', () => {
  expect([0, 0.5, 1, null].map(toWord)).toEqual(['pure banter', 'mixed', 'serious', ''])
})

test('ages are given in the largest unit that fits', () => {
  const now = Date.parse('2026-11-20T12:00:00Z')
  expect(formatAge('2026-11-20T11:59:30Z', now)).toBe('just now')
  expect(formatAge('2026-11-20T10:00:00Z', now)).toBe('2 h ago')
  expect(formatAge('2013-01-01T10:00:00Z', now)).toBe('2013-01-01')
})
