import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { propertyRuns, shownSeed } from '../../../schema/testing/seed.ts'
import {
  HOUR,
  MINUTE,
  SECOND,
  setUp,
  START_MS,
  steadily,
  type Setting,
  playStops,
  type Stop,
  REDDIT,
} from '../../testing/simulated-setting.ts'
import { createPost, type StandInPost } from '../../testing/stand-in-listing.ts'
import { random as seededRandom } from '../../../ml/random.ts'
import { silentLogger, simulatedWorld } from '../../testing/test-source.ts'
import type { HourReport } from '../live/coverage-publisher.ts'
import { createRedditClient } from './create-reddit.ts'
import { SweepSource } from './sweep.ts'

const EVERY_MS = 4 * SECOND
/** How many ids an hour has. */
const PER_HOUR = HOUR / EVERY_MS
const RUNS = propertyRuns(3)

/** The last report on each hour, by the number of hours since the start. */
const lastReports = ({ world }: Setting): Map<number, HourReport> =>
  new Map(world.reports.map((report) => [(report.hour_utc * SECOND - START_MS) / HOUR, report]))

const expectSums = ({ world }: Setting): void => {
  for (const { expected, seen, erased, unknown, coverage } of world.reports) {
    expect(expected).toBe(seen + erased + unknown)
    expect(coverage).toBeCloseTo(expected === 0 ? coverage : (seen + erased) / expected!, 12)
  }
}

/** Hours whose last report says that they were not read completely. */
const unseenHours = (set: Setting): number[] =>
  [...lastReports(set)].filter(([, { coverage }]) => coverage < 1).map(([hour]) => hour)

const poll = { pollIntervalMs: 10 * SECOND }
/** Consecutive ids, each with a post, from an hour before the start on. */
const dense = (untilMs: number): StandInPost[] => steadily('a1', EVERY_MS, -HOUR, untilMs, 60_000_000)

describe('a sweep’s reports', () => {
  test('without faults each hour is reported as read, with the number of its ids', async () => {
    const set = setUp(undefined)
    set.reddit.add(dense(8 * HOUR))
    await set.world.run(set.create(poll), 6 * HOUR + 10 * MINUTE)
    const reports = lastReports(set)
    for (let hour = 0; hour < 6; hour++) {
      expect(reports.get(hour)).toMatchObject({ expected: PER_HOUR, seen: PER_HOUR, unknown: 0, coverage: 1 })
    }
    expect([...reports.keys()].every((hour) => hour <= 5)).toBe(true)
    expectSums(set)
  })

  test('an hour of which only the end was read is reported as such', async () => {
    const set = setUp(undefined)
    set.reddit.add(steadily('a1', SECOND, -2 * HOUR, 2 * HOUR, 60_000_000))
    await set.world.run(set.create(poll), HOUR + 10 * MINUTE)
    // The first start begins a thousand ids back.
    const before = lastReports(set).get(-1)!
    expect(before.coverage).toBeCloseTo(1_000 / 3_600, 1)
    expect(before.expected).toBeCloseTo(3_600, -2)
    expect(lastReports(set).get(0)!.coverage).toBe(1)
    expectSums(set)
  })

  test('ids without a post count as unknown; deleted posts, and held ones until they are approved, as erased', async () => {
    const set = setUp(undefined)
    const posts = dense(3 * HOUR).filter((_, index) => index % 50 !== 7)
    const first = posts.findIndex(({ createdMs }) => createdMs >= START_MS + 10 * MINUTE)
    const held = posts[first]!
    posts[first] = { ...held, filtered: true, fromMs: held.createdMs + 40 * MINUTE }
    posts[first + 1] = { ...posts[first + 1]!, untilMs: posts[first + 1]!.createdMs }
    set.reddit.add(posts)
    await set.world.run(set.create(poll), 1.5 * HOUR)
    const early = set.world.reports.find(({ hour_utc: hour }) => hour * SECOND === START_MS)
    expect(early).toMatchObject({ expected: PER_HOUR, erased: 2, unknown: PER_HOUR / 50 })
    expect(lastReports(set).get(0)).toMatchObject({ expected: PER_HOUR, erased: 1, unknown: PER_HOUR / 50 })
    expectSums(set)
  })

  test('the hour of a post that shows late is reported again', async () => {
    const set = setUp(undefined)
    const posts = dense(3 * HOUR)
    const index = posts.findIndex(({ createdMs }) => createdMs >= START_MS + 50 * MINUTE)
    posts[index] = { ...posts[index]!, fromMs: posts[index]!.createdMs + 20 * MINUTE }
    set.reddit.add(posts)
    await set.world.run(set.create(poll), 2 * HOUR)
    const told = set.world.reports.filter(({ hour_utc: hour }) => hour * SECOND === START_MS)
    expect(told[0]).toMatchObject({ seen: PER_HOUR - 1, unknown: 1 })
    expect(told.at(-1)).toMatchObject({ seen: PER_HOUR, unknown: 0, coverage: 1 })
    expect(told.length).toBeLessThan(5)
  })

  test('the hours of a stop are reported as unseen at once, and as read when they are caught up', async () => {
    const set = setUp(undefined)
    // During the stop more than five thousand ids are given out, so that there is a backlog.
    set.reddit.add(steadily('a1', SECOND, -HOUR, 12 * HOUR, 60_000_000))
    await set.world.run(set.create(poll), 2.5 * HOUR)
    await set.clock.pass(4 * HOUR)
    await set.world.run(set.create(poll), 5 * SECOND)
    expect(unseenHours(set).filter((hour) => hour >= 0)).toEqual([2, 3, 4, 5])
    const [half, whole] = [lastReports(set).get(2)!, lastReports(set).get(4)!]
    expect(half.coverage).toBeCloseTo(0.5, 1)
    expect(whole.coverage).toBe(0)
    expect(whole.expected).toBeCloseTo(3_600, -3)
    await set.world.run(set.create(poll), 2 * HOUR)
    expect(unseenHours(set).filter((hour) => hour >= 0)).toEqual([])
    expect(lastReports(set).get(4)).toMatchObject({ expected: 3_600, seen: 3_600, unknown: 0 })
    expectSums(set)
  })

  test('of a stop that is too long to be caught up, exactly its hours stay unseen', async () => {
    const set = setUp(undefined)
    set.reddit.add(steadily('a1', SECOND, -HOUR, 16 * HOUR, 60_000_000))
    const outside = simulatedWorld(set.clock, set.reddit, seededRandom(1))
    const create = (): SweepSource => {
      const client = createRedditClient(REDDIT, silentLogger, outside)
      return new SweepSource({ client, clock: set.clock, pollIntervalMs: 10 * SECOND, maxBacklogIds: 3_600 })
    }
    await set.world.run(create(), 2.5 * HOUR)
    await set.clock.pass(8 * HOUR)
    await set.world.run(create(), 2 * HOUR + 10 * MINUTE)
    // The sweep goes on a thousand ids before the end of the stop, and the hour before these ids is caught up.
    expect(unseenHours(set).filter((hour) => hour >= 0)).toEqual([2, 3, 4, 5, 6, 7, 8, 9])
    const reports = lastReports(set)
    for (const hour of [3, 4, 5, 6, 7, 8]) expect(reports.get(hour)).toMatchObject({ coverage: 0, seen: 0 })
    for (const hour of [2, 9]) expect(reports.get(hour)!.expected).toBeCloseTo(3_600, -2)
    expect(reports.get(11)).toMatchObject({ coverage: 1, seen: 3_600 })
    expect(set.world.gaps).toHaveLength(1)
    expectSums(set)
  })

  test('hours in which Reddit does not answer are reported as unseen, and as read when they are caught up', async () => {
    const [fromMs, untilMs] = [START_MS + 1.5 * HOUR, START_MS + 5 * HOUR]
    const set = setUp(undefined, {
      fault: ({ atMs }) => (atMs >= fromMs && atMs < untilMs ? { kind: 'answer', status: 503 } : undefined),
    })
    set.reddit.add(dense(8 * HOUR))
    const unseenMeanwhile: number[][] = []
    await set.world.run(set.create(poll), 0, async () => {
      await set.clock.pass(4.75 * HOUR)
      unseenMeanwhile.push(unseenHours(set))
      await set.clock.pass(2 * HOUR)
    })
    expect(unseenMeanwhile[0]!.filter((hour) => hour >= 0)).toEqual([1, 2, 3])
    expect(unseenHours(set).filter((hour) => hour >= 0)).toEqual([])
    expect(lastReports(set).get(3)).toMatchObject({ expected: PER_HOUR, seen: PER_HOUR })
    expectSums(set)
  })
})

interface Scenario {
  readonly everyMs: number
  readonly empty: number
  readonly seed: number
  readonly stops: readonly Stop[]
}

const scenario: fc.Arbitrary<Scenario> = fc.record({
  everyMs: fc.integer({ min: 4 * SECOND, max: 30 * SECOND }),
  empty: fc.double({ min: 0, max: 0.1, noNaN: true }),
  seed: fc.nat(),
  stops: fc.array(
    fc.record({
      runMs: fc.integer({ min: SECOND, max: 90 * MINUTE }),
      downMs: fc.integer({ min: 0, max: 2 * HOUR }),
      crash: fc.boolean(),
    }),
    { minLength: 1, maxLength: 4 },
  ),
})

test('after stops and crashes at any point, the last reports are those of an undisturbed run', async () => {
  const check = async ({ everyMs, empty, seed, stops }: Scenario): Promise<void> => {
    const random = seededRandom(seed)
    const endMs = 10 * MINUTE + stops.reduce((sum, { runMs, downMs }) => sum + runMs + downMs, 3.5 * HOUR)
    const posts = Array.from({ length: Math.floor((endMs + HOUR) / everyMs) }, (_, n) =>
      createPost(60_000_000 + n, 'a1', START_MS - HOUR + n * everyMs),
    ).filter(() => random() >= empty)
    const [disturbed, calm] = [setUp(undefined), setUp(undefined)]
    for (const { reddit } of [disturbed, calm]) reddit.add(posts)
    await disturbed.world.run(disturbed.create(poll), 10 * MINUTE)
    await playStops(disturbed, stops, poll)
    // This is long enough for every id to be found or given up.
    await disturbed.world.run(disturbed.create(poll), 3.5 * HOUR)
    await calm.world.run(calm.create(poll), endMs)
    const full = (set: Setting): [number, HourReport][] =>
      [...lastReports(set)].filter(([hour]) => hour >= 0 && hour < endMs / HOUR - 2).sort(([a], [b]) => a - b)
    expect(full(disturbed)).toEqual(full(calm))
    expectSums(disturbed)
  }
  await fc.assert(fc.asyncProperty(scenario, check), { seed: shownSeed(), numRuns: RUNS, endOnFailure: true })
}, 120_000)
