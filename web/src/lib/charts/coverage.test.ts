import { expect, test } from 'vitest'
import { describeHoles, describeShare, formatShare, toHoles, toLeastShares, toShares } from './coverage.ts'
import { HOUR_MS, toWeek } from './hours.ts'

const NOW = Date.parse('2026-11-20T13:30:00Z')
const WEEK = toWeek(NOW)
const report = (hoursAgo: number, share: number) => ({
  hour: new Date(WEEK[1] - (hoursAgo + 1) * HOUR_MS).toISOString(),
  share,
})
const sharesAsOf = (asOfMs: number, ...reports: [hoursAgo: number, share: number][]) =>
  toShares(
    reports.map(([hoursAgo, share]) => report(hoursAgo, share)),
    WEEK,
    asOfMs,
  )
/** Of reports that were the latest when they came. */
const shares = (...reports: [hoursAgo: number, share: number][]) => sharesAsOf(0, ...reports)
const agoOf = (time: number): number => (WEEK[1] - time) / HOUR_MS - 1

test('hours that were not seen enough are joined to holes, and what is not known is none', () => {
  const holes = toHoles(shares([9, 0.95], [8, 0.62], [7, 0], [6, 0.9], [4, 0.89]))
  expect(holes.map(({ start, end }) => [agoOf(start), (end - start) / HOUR_MS])).toEqual([
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
  expect(describeShare(null)).toBe('no report for this hour yet')
  expect([0.29, 0.57, 1].map(formatShare)).toEqual(['29\u00a0%', '57\u00a0%', '100\u00a0%'])
})

const overdue = (asOfMs: number, ...reports: [hoursAgo: number, share: number][]) =>
  [...sharesAsOf(asOfMs, ...reports)].flatMap(([time, share]) => (share === null ? [agoOf(time)] : []))

test('hours after the last report are overdue once they have been over for an hour', () => {
  expect(overdue(NOW, [6, 1], [5, 0.5])).toEqual([4, 3, 2])
  expect(overdue(NOW, [2, 1])).toEqual([])
  expect(overdue(NOW, [0, 1])).toEqual([])
  // To the minute: the hour before the last one ended at 12:00.
  expect(overdue(Date.parse('2026-11-20T12:59:59Z'), [3, 1])).toEqual([])
  expect(overdue(Date.parse('2026-11-20T13:00:00Z'), [3, 1])).toEqual([2])
})

test('where no source reports nothing is overdue, and what was loaded long ago says nothing about later hours', () => {
  expect(overdue(NOW)).toEqual([])
  expect(overdue(NOW - 2 * HOUR_MS, [5, 1])).toEqual([4])
  // A browser whose clock is behind the reports' hours.
  expect(overdue(NOW + 9 * HOUR_MS, [5, 1])).toEqual([4, 3, 2, 1])
})

test('of several subreddits one without its report makes the hour overdue', () => {
  const [one, other] = [sharesAsOf(NOW, [3, 1]), sharesAsOf(NOW, [3, 1], [2, 0.5])]
  expect([...toLeastShares([one, other]).values()]).toEqual([1, null])
  expect([...toLeastShares([other, one]).values()]).toEqual([1, null])
})

test('the legend says which kind of hours are hatched', () => {
  expect(describeHoles(shares([3, 1]))).toBe('')
  expect(describeHoles(shares([3, 0.5]))).toBe(
    'Hatched: 1 hour of which less than 90\u00a0% was seen. Posts are missing there: it is not silence.',
  )
  expect(describeHoles(sharesAsOf(NOW, [3, 1]))).toBe(
    'Hatched: 1 hour on which no source has reported yet. Posts may be missing there: it need not be silence.',
  )
  expect(describeHoles(sharesAsOf(NOW, [5, 0.1], [4, 0]), ', for at least one of them')).toBe(
    'Hatched: 2 hours of which less than 90\u00a0% was seen and 2 hours on which no source has reported yet, for at least one of them. Posts may be missing there: it need not be silence.',
  )
})

test('where the last report is older than the week, all of it is overdue', () => {
  const hoursAgo = overdue(NOW, [400, 1])
  expect(hoursAgo).toHaveLength(166)
  expect([hoursAgo[0], hoursAgo.at(-1)]).toEqual([167, 2])
  expect(overdue(NOW)).toEqual([])
})
