import { expect, test } from 'vitest'
import { findMismatch } from './log-state.ts'

const log = { created: '2026-11-28T00:00:00.5Z', lastSequence: 10 }

test('a log that grew is the same log; another log, or one that became shorter, is not', () => {
  expect(findMismatch(log, { ...log, lastSequence: 11 })).toBeUndefined()
  expect(findMismatch(log, { ...log, lastSequence: 9 })).toMatch(/ends at sequence 9 and had 10/)
  expect(findMismatch(log, { created: '2026-11-28T00:00:01Z', lastSequence: 99 })).toBe('POSTS was re-created')
})

test('a position without the state of the log belongs to it if it was saved after the log was created', () => {
  expect(findMismatch(new Date('2026-11-28T00:00:01Z'), log)).toBeUndefined()
  expect(findMismatch(new Date('2026-11-27T23:59:59Z'), log)).toBe('POSTS was re-created')
})
