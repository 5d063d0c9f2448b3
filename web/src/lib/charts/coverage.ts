import type { HourlyCoverage } from '../types.ts'
import { HOUR_MS } from './hours.ts'

/** An hour of which less than this was seen is no hour to draw conclusions from. */
const SEEN_ENOUGH = 0.9

/** Sources report on an hour some minutes after its end: so long is waited until one without a report is a hole. */
const GRACE_MS = HOUR_MS

/** How much of what was posted in an hour was seen, 0 to 1; null where a report is overdue. */
export type Share = number | null

/** By the hours' beginnings. Of other hours nothing is known, nor will be. */
export type Shares = ReadonlyMap<number, Share>

/** Hours in a row that are not seen enough; milliseconds, `end` is not included. */
export interface Hole {
  readonly start: number
  readonly end: number
}

/**
 * The shares of a week, without the hour that runs, of which nobody can have seen all. Where there are reports and then no
 * more, as while a source is down, the hours that are over since are overdue: sources report on a stop when they are back,
 * and until then it must not look like silence.
 * @param hours reports of the week, or the last one before it
 * @param asOfMs when the reports were loaded: what came later, nobody here can know
 */
export function toShares(
  hours: readonly HourlyCoverage[],
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

/** For each hour the least of several subreddits: none at all where a report on one of them is overdue. */
export function toLeastShares(all: readonly Shares[]): Shares {
  const least = new Map<number, Share>()
  for (const shares of all)
    for (const [time, share] of shares) {
      const other = least.get(time)
      least.set(time, share === null || other === null ? null : Math.min(share, other ?? share))
    }
  return least
}

const isHole = (share: Share | undefined): share is Share =>
  share === null || (share !== undefined && share < SEEN_ENOUGH)

/** The beginnings of the hours that are not seen enough, oldest first. */
export const toHoleHours = (shares: Shares): number[] =>
  [...shares].flatMap(([time, share]) => (isHole(share) ? [time] : [])).sort((one, other) => one - other)

export function toHoles(shares: Shares): Hole[] {
  const holes: { start: number; end: number }[] = []
  for (const time of toHoleHours(shares)) {
    const last = holes.at(-1)
    if (last?.end === time) last.end += HOUR_MS
    else holes.push({ start: time, end: time + HOUR_MS })
  }
  return holes
}

/** "62 %", rounded down: what is not seen enough must not look as if it were. */
export const formatShare = (share: number): string =>
  share > 0 && share < 0.01 ? 'under 1\u00a0%' : `${Math.floor(share * 100 + 1e-9)}\u00a0%`

/** What to say beside an hour's figures; empty where it was seen enough, or nothing is known. */
export function describeShare(share: Share | undefined): string {
  if (!isHole(share)) return ''
  if (share === null) return 'no report for this hour yet'
  return share === 0 ? 'nothing of this hour was seen' : `only ${formatShare(share)} of this hour was seen`
}

const hours = (count: number): string => `${count} ${count === 1 ? 'hour' : 'hours'}`

/**
 * What the hatching means; empty where there is none.
 * @param of whose posts are missing
 */
export function describeHoles(shares: Shares, of = ''): string {
  const holes = toHoleHours(shares)
  if (holes.length === 0) return ''
  const overdue = holes.filter((time) => shares.get(time) === null).length
  const partly = holes.length - overdue
  const parts = [
    ...(partly === 0 ? [] : [`${hours(partly)} of which less than ${formatShare(SEEN_ENOUGH)} was seen`]),
    ...(overdue === 0 ? [] : [`${hours(overdue)} on which no source has reported yet`]),
  ]
  const meaning =
    overdue === 0
      ? 'Posts are missing there: it is not silence.'
      : 'Posts may be missing there: it need not be silence.'
  return `Hatched: ${parts.join(' and ')}${of}. ${meaning}`
}
