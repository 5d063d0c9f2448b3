import { expect, test } from 'vitest'
import { toMidnights, toPoints, toRuns } from './hours.ts'

test('a line is cut where hours have no posts', () => {
  const hours = [0, 1, 4, 5, 9].map((hour) => ({ hour: new Date(hour * 3_600_000).toISOString(), mean: 0.5, posts: 1 }))
  expect(toRuns(toPoints(hours)).map((run) => run.length)).toEqual([2, 2, 1])
})

test('midnights lie inside the range', () => {
  const start = Date.parse('2026-11-20T13:00:00Z')
  expect(toMidnights(start, start + 7 * 86_400_000)).toHaveLength(7)
})
