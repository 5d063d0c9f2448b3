import { expect, test } from 'vitest'
import { describeShare, describeUnseenHours, formatShare, toLeastShares, toShares, toUnseenSpans } from './coverage.ts'
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
/** Shares loaded long ago, so that no report is overdue. */
const shares = (...reports: [hoursAgo: number, share: number][]) => sharesAsOf(0, ...reports)
const agoOf = (time: number): number => (WEEK[1] - time) / HOUR_MS - 1

test('unseen hours that follow each other are joined, and an hour without a report is not unseen', () => {
  const spans = toUnseenSpans(shares([9, 0.95], [8, 0.62], [7, 0], [6, 0.9], [4, 0.89]))
  expect(spans.map(({ start, end }) => [agoOf(start), (end - start) / HOUR_MS])).toEqual([
    [8, 2],
    [4, 1],
  ])
  expect(toUnseenSpans(shares())).toEqual([])
})

test('neither the current hour nor an hour outside the week has a share', () => {
  expect([...shares([0, 0.1], [1, 0.2], [168, 0.3]).values()]).toEqual([0.2])
})

test('an hour of several subreddits has the share of the one that was seen least', () => {
  expect([...toLeastShares([shares([3, 1], [2, 0.5]), shares([3, 0.7])]).values()]).toEqual([0.7, 0.5])
})

test('an unseen hour is described in words, and its share is never rounded up to the threshold', () => {
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
  // Hour 2 ended at 12:00, so its report is overdue at 13:00 exactly.
  expect(overdue(Date.parse('2026-11-20T12:59:59Z'), [3, 1])).toEqual([])
  expect(overdue(Date.parse('2026-11-20T13:00:00Z'), [3, 1])).toEqual([2])
})

test('nothing is overdue when no source reports, nor are hours that ended after the reports were loaded', () => {
  expect(overdue(NOW)).toEqual([])
  expect(overdue(NOW - 2 * HOUR_MS, [5, 1])).toEqual([4])
  // A week that ends before the reports were loaded, as in a browser whose clock is slow.
  expect(overdue(NOW + 9 * HOUR_MS, [5, 1])).toEqual([4, 3, 2, 1])
})

test('an hour of several subreddits is overdue when one of them has no report', () => {
  const [one, other] = [sharesAsOf(NOW, [3, 1]), sharesAsOf(NOW, [3, 1], [2, 0.5])]
  expect([...toLeastShares([one, other]).values()]).toEqual([1, null])
  expect([...toLeastShares([other, one]).values()]).toEqual([1, null])
})

test('the legend counts the hatched hours and says why they are hatched', () => {
  expect(describeUnseenHours(shares([3, 1]))).toBe('')
  expect(describeUnseenHours(shares([3, 0.5]))).toBe(
    'Hatched: 1 hour of which less than 90\u00a0% was seen. Posts are missing there: a low count does not mean silence.',
  )
  expect(describeUnseenHours(sharesAsOf(NOW, [3, 1]))).toBe(
    'Hatched: 1 hour on which no source has reported yet. Posts may be missing there: a low count need not mean silence.',
  )
  expect(describeUnseenHours(sharesAsOf(NOW, [5, 0.1], [4, 0]), ', for at least one of them')).toBe(
    'Hatched: 2 hours of which less than 90\u00a0% was seen and 2 hours on which no source has reported yet, for at least one of them. Posts may be missing there: a low count need not mean silence.',
  )
})

test('the whole week is overdue when the last report is older than the week', () => {
  const hoursAgo = overdue(NOW, [400, 1])
  expect(hoursAgo).toHaveLength(166)
  expect([hoursAgo[0], hoursAgo.at(-1)]).toEqual([167, 2])
  expect(overdue(NOW)).toEqual([])
})
