import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FAULTS } from '../../../testing/faults.ts'
import { propertyRuns, shownSeed } from '../../../../schema/testing/seed.ts'
import { FIRST_ID, HOUR, MINUTE, setUp, START_MS, steadily, playStops } from '../../../testing/simulated-setting.ts'
import { random as seededRandom } from '../../../../ml/random.ts'

const RUNS = propertyRuns(4)
const WAYS = ['deleted', 'removed', 'author', 'nothing'] as const

const scenario = fc.record({
  seed: fc.nat(),
  isSweep: fc.boolean(),
  everyMs: fc.integer({ min: 2 * MINUTE, max: 20 * MINUTE }),
  deleted: fc.double({ min: 0, max: 0.6, noNaN: true }),
  faultShare: fc.double({ min: 0, max: 0.2, noNaN: true }),
  stops: fc.array(
    fc.record({
      runMs: fc.integer({ min: MINUTE, max: 10 * HOUR }),
      downMs: fc.integer({ min: 0, max: 2 * HOUR }),
      crash: fc.boolean(),
    }),
    { maxLength: 5 },
  ),
})

test('despite faults, stops and crashes all deleted posts are erased once within 48 hours, and no others', async () => {
  const check = async (given: typeof scenario extends fc.Arbitrary<infer T> ? T : never): Promise<void> => {
    const { seed, isSweep, everyMs, deleted, faultShare, stops } = given
    const random = seededRandom(seed)
    const set = setUp(isSweep ? undefined : ['a1'], {
      fault: () => (random() < faultShare ? FAULTS[Math.floor(random() * FAULTS.length)]![1] : undefined),
    })
    set.world.checksDeletions = true
    const erasedMs = new Map<string, number>()
    set.world.sink.log.onErase = (gone) => {
      for (const { id } of gone) erasedMs.set(id, set.clock.trueMs)
    }
    const postingMs = stops.reduce((sum, { runMs, downMs }) => sum + runMs + downMs, 5 * HOUR)
    const posts = steadily('a1', everyMs, 10 * MINUTE, postingMs, FIRST_ID).map((post, index) => {
      if (random() >= deleted) return post
      const untilMs = post.createdMs + random() * 46 * HOUR
      return Object.assign({}, post, { untilMs, deletedAs: WAYS[index % WAYS.length]! })
    })
    set.reddit.add(posts)
    const poll = { pollIntervalMs: 2 * MINUTE }
    await playStops(set, stops, poll)
    await set.world.run(set.create(poll), START_MS + postingMs + 50 * HOUR - set.clock.trueMs)
    const { stored, log } = set.world.sink
    const gone = posts.filter(({ id, untilMs }) => stored.has(id) && untilMs !== Number.POSITIVE_INFINITY)
    expect([...log.erased.keys()].sort()).toEqual(gone.map(({ id }) => id).sort())
    expect(log.erasedTwice).toEqual([])
    for (const { id, untilMs } of gone) {
      expect(erasedMs.get(id)).toBeGreaterThanOrEqual(untilMs)
      expect(erasedMs.get(id)! - untilMs).toBeLessThan(48 * HOUR)
    }
    expect(set.reddit.busiestMinute).toBeLessThanOrEqual(100)
  }
  await fc.assert(fc.asyncProperty(scenario, check), { seed: shownSeed(), numRuns: RUNS, endOnFailure: true })
}, 120_000)
