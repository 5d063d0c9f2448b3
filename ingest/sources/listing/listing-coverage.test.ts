import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { propertyRuns, shownSeed } from '../../../schema/testing/seed.ts'
import {
  FIRST_ID,
  HOUR,
  inOrder,
  MINUTE,
  SECOND,
  setUp,
  START_MS,
  steadily,
  type Setting,
  playStops,
  type Stop,
} from '../../testing/simulated-setting.ts'
import type { StandInPost } from '../../testing/stand-in-listing.ts'
import type { HourReport } from '../live/coverage-publisher.ts'

const RUNS = propertyRuns(4)
const poll = { pollIntervalMs: 10 * SECOND }

/** The last report on each hour, by the number of hours since the start. */
const lastReports = ({ world }: Setting, name: string): Map<number, HourReport> =>
  new Map(
    world.reports
      .filter(({ subreddit }) => subreddit === name)
      .map((report) => [(report.hour_utc * SECOND - START_MS) / HOUR, report]),
  )

/** Hours whose last report says that they were not read completely. */
const unseenHours = (set: Setting, name: string): number[] =>
  [...lastReports(set, name)].filter(([, { coverage }]) => coverage < 1).map(([hour]) => hour)

const postsIn = (posts: readonly StandInPost[], hour: number): number =>
  posts.filter(({ createdMs }) => Math.floor((createdMs - START_MS) / HOUR) === hour).length

describe('a listing’s reports', () => {
  test('without faults each hour is reported as read, back to where the listing began', async () => {
    const set = setUp(['busy1', 'calm1'])
    const [busy, calm] = [
      steadily('busy1', 20 * SECOND, -10 * HOUR, 8 * HOUR),
      steadily('calm1', 50 * MINUTE, -10 * HOUR, 8 * HOUR, FIRST_ID + 50_000),
    ]
    set.reddit.add(inOrder(busy, calm))
    await set.world.run(set.create(poll), 4 * HOUR + 5 * MINUTE)
    for (const [name, posts] of [
      ['busy1', busy],
      ['calm1', calm],
    ] as const) {
      const reports = lastReports(set, name)
      for (let hour = -3; hour < 4; hour++) {
        const seen = postsIn(posts, hour)
        expect(reports.get(hour)).toMatchObject({ expected: null, seen, erased: 0, unknown: 0, coverage: 1 })
      }
      // The window of a thousand posts, at three posts a minute, reaches five and a half hours back.
      expect([...reports.keys()].sort((a, b) => a - b)).toEqual([-6, -5, -4, -3, -2, -1, 0, 1, 2, 3])
      expect(reports.get(-6)!.coverage).toBeCloseTo(0.45, 1)
    }
    expect(set.world.reports.length).toBeLessThan(2 * 10 * 2)
  })

  test('after a stop exactly the hours of the coverage gap are unseen, not those that the listing still had', async () => {
    const set = setUp(['busy1', 'calm1'])
    const busy = steadily('busy1', 10 * SECOND, -HOUR, 12 * HOUR)
    const calm = steadily('calm1', MINUTE, -HOUR, 12 * HOUR, FIRST_ID + 50_000)
    set.reddit.add(inOrder(busy, calm))
    await set.world.run(set.create(poll), 1.5 * HOUR)
    await set.clock.pass(7 * HOUR)
    await set.world.run(set.create(poll), HOUR + 10 * MINUTE)
    expect(set.world.gaps).toHaveLength(1)
    const [gap] = set.world.gaps
    const until = (Date.parse(gap!.until) - START_MS) / HOUR
    expect(unseenHours(set, 'busy1')).toEqual(Array.from({ length: Math.ceil(until) - 1 }, (_, n) => n + 1))
    expect(lastReports(set, 'busy1').get(1)!.coverage).toBeCloseTo(0.5, 2)
    expect(lastReports(set, 'busy1').get(3)).toMatchObject({ coverage: 0, seen: 0 })
    expect(unseenHours(set, 'calm1')).toEqual([])
    expect(lastReports(set, 'calm1').get(4)).toMatchObject({ coverage: 1, seen: 60 })
  })

  test('hours in which Reddit does not answer are reported as unseen, and again as read when it answers', async () => {
    const [fromMs, untilMs] = [START_MS + 1.5 * HOUR, START_MS + 4 * HOUR]
    const set = setUp(['a1'], {
      fault: ({ atMs }) => (atMs >= fromMs && atMs < untilMs ? { kind: 'answer', status: 503 } : undefined),
    })
    set.reddit.add(steadily('a1', MINUTE, -HOUR, 8 * HOUR))
    const unseenMeanwhile: number[][] = []
    await set.world.run(set.create(poll), 0, async () => {
      await set.clock.pass(3.75 * HOUR)
      unseenMeanwhile.push(unseenHours(set, 'a1'))
      await set.clock.pass(2 * HOUR)
    })
    expect(unseenMeanwhile).toEqual([[1, 2]])
    expect(unseenHours(set, 'a1')).toEqual([])
    expect(lastReports(set, 'a1').get(3)).toMatchObject({ seen: 60 })
  })

  test('a subreddit that cannot be read has no reports until it can be read', async () => {
    const set = setUp(['a1', 'shut1', 'gone1'])
    set.reddit.add(
      inOrder(steadily('a1', MINUTE, -HOUR, 6 * HOUR), steadily('shut1', MINUTE, -HOUR, 6 * HOUR, FIRST_ID + 9_999)),
    )
    set.reddit.subreddits.set('shut1', { status: 403, reason: 'private' })
    set.reddit.subreddits.set('gone1', { status: 302 })
    await set.world.run(set.create(poll), 0, async () => {
      await set.clock.pass(3 * HOUR)
      expect(new Set(set.world.reports.map(({ subreddit }) => subreddit))).toEqual(new Set(['a1']))
      set.reddit.subreddits.delete('shut1')
      await set.clock.pass(2.5 * HOUR)
    })
    expect(lastReports(set, 'shut1').get(4)).toMatchObject({ coverage: 1, seen: 60 })
    expect(lastReports(set, 'gone1').size).toBe(0)
  })

  test('the hour of a post that is approved late is reported again', async () => {
    const set = setUp(['a1'])
    const posts = steadily('a1', MINUTE, -HOUR, 4 * HOUR)
    const index = posts.findIndex(({ createdMs }) => createdMs > START_MS + 30 * MINUTE)
    posts[index] = { ...posts[index]!, fromMs: posts[index]!.createdMs + 50 * MINUTE }
    set.reddit.add(posts)
    await set.world.run(set.create(poll), 3 * HOUR)
    const told = set.world.reports.filter(({ hour_utc: hour }) => hour * SECOND === START_MS)
    expect(told.map(({ seen }) => seen)).toEqual([59, 60])
  })

  test('the saved position forgets hours that had their last report', async () => {
    const set = setUp(['a1'])
    set.reddit.add(steadily('a1', MINUTE, -HOUR, 50 * HOUR))
    await set.world.run(set.create({ pollIntervalMs: MINUTE }), 48 * HOUR)
    const { hours } = JSON.parse(set.world.positions.entries.get('reddit.listing')!) as {
      hours: Record<string, unknown>
    }
    expect(JSON.stringify(hours).length).toBeLessThan(200)
  })
})

interface Scenario {
  readonly everyMs: number
  readonly stops: readonly Stop[]
}

const scenario: fc.Arbitrary<Scenario> = fc.record({
  everyMs: fc.integer({ min: 30 * SECOND, max: 5 * MINUTE }),
  stops: fc.array(
    fc.record({
      runMs: fc.integer({ min: SECOND, max: 90 * MINUTE }),
      downMs: fc.integer({ min: 0, max: 2 * HOUR }),
      crash: fc.boolean(),
    }),
    { minLength: 1, maxLength: 5 },
  ),
})

test('after stops and crashes at any point, the last reports are those of an undisturbed run', async () => {
  const check = async ({ everyMs, stops }: Scenario): Promise<void> => {
    const endMs = stops.reduce<number>((sum, { runMs, downMs }) => sum + runMs + downMs, HOUR)
    const [disturbed, calm] = [setUp(['a1', 'b1']), setUp(['a1', 'b1'])]
    const posts = inOrder(
      steadily('a1', everyMs, -2 * HOUR, endMs),
      steadily('b1', 3 * everyMs, -2 * HOUR, endMs, FIRST_ID + 90_000),
    )
    for (const { reddit } of [disturbed, calm]) reddit.add(posts)
    await disturbed.world.run(disturbed.create(poll), 30 * MINUTE)
    await playStops(disturbed, stops, poll)
    await disturbed.world.run(disturbed.create(poll), 30 * MINUTE)
    await calm.world.run(calm.create(poll), endMs)
    for (const name of ['a1', 'b1']) {
      const full = (set: Setting): [number, HourReport][] =>
        // The newest hour may have ended too recently to be reported.
        [...lastReports(set, name)]
          .filter(([hour]) => hour >= 0 && (hour + 1) * HOUR < endMs - 5 * MINUTE)
          .sort(([a], [b]) => a - b)
      expect(full(disturbed)).toEqual(full(calm))
      expect(
        full(calm).every(
          ([hour, { seen, coverage }]) =>
            coverage === 1 &&
            seen ===
              postsIn(
                posts.filter(({ subreddit }) => subreddit === name),
                hour,
              ),
        ),
      ).toBe(true)
    }
  }
  await fc.assert(fc.asyncProperty(scenario, check), { seed: shownSeed(), numRuns: RUNS, endOnFailure: true })
}, 120_000)
