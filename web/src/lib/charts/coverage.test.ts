import { expect, test } from 'vitest'
import { describeShare, formatShare, toHoles, toLeastShares, toShares } from './coverage.ts'
import { HOUR_MS, toWeek } from './hours.ts'

const WEEK = toWeek(Date.parse('2026-11-20T13:30:00Z'))
const report = (hoursAgo: number, share: number) => ({
  hour: new Date(WEEK[1] - (hoursAgo + 1) * HOUR_MS).toISOString(),
  share,
})
const shares = (...reports: [hoursAgo: number, share: number][]) =>
  toShares(
    reports.map(([hoursAgo, share]) => report(hoursAgo, share)),
    WEEK,
  )

test('hours that were not seen enough are joined to holes, and what is not known is none', () => {
  const holes = toHoles(shares([9, 0.95], [8, 0.62], [7, 0], [6, 0.9], [4, 0.89]))
  expect(holes.map(({ start, end }) => [(WEEK[1] - start) / HOUR_MS - 1, (end - start) / HOUR_MS])).toEqual([
    [8, 2],
    [4, 1],
  ])
  expect(toHoles(shares())).toEqual([])
})

test('the hour that runs is none, and neither is one outside the week', () => {
  expect([...shares([0, 0.1], [1, 0.2], [168, 0.3]).values()]).toEqual([0.2])
})

test('of several subreddits the one that was seen least counts', () => {
  expect([...toLeastShares([shares([3, 1], [2, 0.5]), shares([3, 0.7])]).values()]).toEqual([0.7, 0.5])
})

test('a hole is told in words, and never rounded up to the threshold', () => {
  expect(describeShare(0.62)).toBe('only 62\u00a0% of this hour was seen')
  expect(describeShare(0.8999)).toContain('only 89')
  expect(describeShare(0)).toBe('nothing of this hour was seen')
  expect(describeShare(0.001)).toContain('under 1')
  expect(describeShare(0.9)).toBe('')
  expect(describeShare(undefined)).toBe('')
  expect([0.29, 0.57, 1].map(formatShare)).toEqual(['29\u00a0%', '57\u00a0%', '100\u00a0%'])
})
