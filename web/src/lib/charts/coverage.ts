import type { CoverageFragment } from '../generated/documents.ts'
import { HOUR_MS } from './hours.ts'

/** An hour counts as unseen when the source saw less than this share of it, because its figures then mean little. */
const SEEN_ENOUGH = 0.9

/** Sources report on an hour some minutes after its end. A report is overdue when it is missing for longer than this. */
const GRACE_MS = HOUR_MS

/** How much of an hour the source saw, from 0 to 1; null when the report is overdue. */
export type Share = number | null

/** Shares by the beginning of their hour, milliseconds. An hour that is not listed is unknown and is drawn like a seen one. */
export type Shares = ReadonlyMap<number, Share>

/** Unseen hours in a row, in milliseconds; `end` is not included. */
export interface UnseenSpan {
  readonly start: number
  readonly end: number
}

/**
 * The shares of a week, without the current hour, which no source can have seen completely. When reports stop, as they
 * do while a source is down, the hours after the last report are overdue: a source reports on its outage only when it
 * is back, and until then the outage must not look like silence.
 * @param hours the reports of the week, or the last report before it
 * @param asOfMs when the reports were loaded: hours that ended later cannot be overdue yet
 */
export function toShares(
  hours: readonly CoverageFragment[],
  [start, end]: readonly [number, number],
  asOfMs: number,
): Shares {
  const reports = hours.map(({ hour, share }): [number, Share] => [Date.parse(hour), share])
  const shares = new Map(reports.filter(([time]) => time >= start && time < end - HOUR_MS))
  const last = Math.max(...reports.map(([time]) => time).filter((time) => time < end))
  if (last === Number.NEGATIVE_INFINITY) return shares
  for (
    let time = Math.max(last + HOUR_MS, start);
    time + HOUR_MS + GRACE_MS <= asOfMs && time < end - HOUR_MS;
    time += HOUR_MS
  )
    shares.set(time, null)
  return shares
}

/** For each hour the smallest share of several subreddits; null when the report on one of them is overdue. */
export function toLeastShares(all: readonly Shares[]): Shares {
  const least = new Map<number, Share>()
  for (const shares of all)
    for (const [time, share] of shares) {
      const other = least.get(time)
      least.set(time, share === null || other === null ? null : Math.min(share, other ?? share))
    }
  return least
}

const isUnseen = (share: Share | undefined): share is Share =>
  share === null || (share !== undefined && share < SEEN_ENOUGH)

/** The beginnings of the unseen hours, oldest first. */
export const toUnseenHours = (shares: Shares): number[] =>
  [...shares].flatMap(([time, share]) => (isUnseen(share) ? [time] : [])).sort((one, other) => one - other)

/** Joins unseen hours that follow each other, so that they are drawn as one area. */
export function toUnseenSpans(shares: Shares): UnseenSpan[] {
  const spans: { start: number; end: number }[] = []
  for (const time of toUnseenHours(shares)) {
    const last = spans.at(-1)
    if (last?.end === time) last.end += HOUR_MS
    else spans.push({ start: time, end: time + HOUR_MS })
  }
  return spans
}

/** "62 %". Rounded down, because an unseen hour must not be shown with the share of a seen one. */
export const formatShare = (share: number): string =>
  share > 0 && share < 0.01 ? 'under 1\u00a0%' : `${Math.floor(share * 100 + 1e-9)}\u00a0%`

/** The words beside the figures of an unseen hour; empty when the hour was seen or nothing is known about it. */
export function describeShare(share: Share | undefined): string {
  if (!isUnseen(share)) return ''
  if (share === null) return 'no report for this hour yet'
  return share === 0 ? 'nothing of this hour was seen' : `only ${formatShare(share)} of this hour was seen`
}

const formatHours = (count: number): string => `${count} ${count === 1 ? 'hour' : 'hours'}`

/**
 * The legend of the hatching; empty when no hour is hatched.
 * @param of added to the legend to say whose posts are missing
 */
export function describeUnseenHours(shares: Shares, of = ''): string {
  const unseen = toUnseenHours(shares)
  if (unseen.length === 0) return ''
  const overdue = unseen.filter((time) => shares.get(time) === null).length
  const partly = unseen.length - overdue
  const parts = [
    ...(partly === 0 ? [] : [`${formatHours(partly)} of which less than ${formatShare(SEEN_ENOUGH)} was seen`]),
    ...(overdue === 0 ? [] : [`${formatHours(overdue)} on which no source has reported yet`]),
  ]
  const meaning =
    overdue === 0
      ? 'Posts are missing there: a low count does not mean silence.'
      : 'Posts may be missing there: a low count need not mean silence.'
  return `Hatched: ${parts.join(' and ')}${of}. ${meaning}`
}
