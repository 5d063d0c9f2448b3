import { expect, test } from 'vitest'
import { formatHour, HOUR_MS, toMidnights, toPoints, toRuns, toWeek, within } from './hours.ts'

test('a line is interrupted where hours have no posts', () => {
  const hours = [0, 1, 4, 5, 9].map((hour) => ({ hour: new Date(hour * HOUR_MS).toISOString(), mean: 0.5, posts: 1 }))
  expect(toRuns(toPoints(hours)).map((run) => run.length)).toEqual([2, 2, 1])
})

test('a week has 168 hours and ends with the current one', () => {
  const [start, end] = toWeek(Date.parse('2026-11-20T13:30:00Z'))
  expect(new Date(end).toISOString()).toBe('2026-11-20T14:00:00.000Z')
  expect((end - start) / HOUR_MS).toBe(168)
  const points = [start - HOUR_MS, start, end - HOUR_MS, end].map((time) => ({ time, mean: 0.5, posts: 1 }))
  expect(within(points, [start, end]).map(({ time }) => time)).toEqual([start, end - HOUR_MS])
})

test('a week has seven midnights', () => {
  const start = Date.parse('2026-11-20T13:00:00Z')
  expect(toMidnights(start, start + 7 * 86_400_000)).toHaveLength(7)
})

test('an hour is formatted in UTC', () => {
  expect(formatHour(Date.parse('2026-11-20T00:00:00Z'))).toMatch(/Fri,? 20 Nov,? (at )?00:00/)
})
