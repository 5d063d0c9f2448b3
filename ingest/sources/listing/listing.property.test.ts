import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FAULTS } from '../../testing/faults.ts'
import { propertyRuns, shownSeed } from '../../../schema/testing/seed.ts'
import {
  FIRST_ID,
  HOUR,
  inOrder,
  MINUTE,
  SECOND,
  setUp,
  START_MS,
  type Setting,
} from '../../testing/simulated-setting.ts'
import { createPost, type StandInPost } from '../../testing/stand-in-listing.ts'
import { random as seededRandom } from '../../../ml/random.ts'

const RUNS = propertyRuns(6)
/** Long enough for everything that failed to be retried, and for the whole window to be read. */
const CALM_MS = 25 * MINUTE
/** A post that was approved late is found within this time. */
const DEEP_MS = 12 * MINUTE

interface Community {
  readonly everyMs: number
  /** The share of posts that are approved late. */
  readonly late: number
  /** The share of posts that are deleted soon. */
  readonly deleted: number
  readonly burstAtMs: number
  readonly burst: number
}

interface Scenario {
  readonly seed: number
  readonly communities: readonly Community[]
  readonly pollIntervalMs: number
  readonly faultShare: number
  /** How long each process runs and stays stopped, and whether it is killed before it saves its position. */
  readonly stops: readonly { readonly runMs: number; readonly downMs: number; readonly crash: boolean }[]
}

const community = fc.record({
  everyMs: fc.integer({ min: 4 * SECOND, max: 10 * MINUTE }),
  late: fc.double({ min: 0, max: 0.1, noNaN: true }),
  deleted: fc.double({ min: 0, max: 0.3, noNaN: true }),
  burstAtMs: fc.integer({ min: 0, max: 2 * HOUR }),
  burst: fc.integer({ min: 0, max: 400 }),
})

const scenario: fc.Arbitrary<Scenario> = fc.record({
  seed: fc.nat(),
  communities: fc.array(community, { minLength: 1, maxLength: 6 }),
  pollIntervalMs: fc.integer({ min: SECOND, max: 30 * SECOND }),
  faultShare: fc.double({ min: 0, max: 0.2, noNaN: true }),
  stops: fc.array(
    fc.record({
      runMs: fc.integer({ min: SECOND, max: 30 * MINUTE }),
      downMs: fc.integer({ min: 0, max: 10 * HOUR }),
      crash: fc.boolean(),
    }),
    { maxLength: 4 },
  ),
})

const lengthOf = ({ stops }: Scenario): number => stops.reduce((sum, stop) => sum + stop.runMs + stop.downMs, CALM_MS)

function createPosts(scenario: Scenario, random: () => number): StandInPost[] {
  const untilMs = lengthOf(scenario)
  return inOrder(
    ...scenario.communities.map(({ everyMs, late, deleted, burstAtMs, burst }, number) => {
      const times: number[] = []
      for (let ms = -2 * HOUR; ms < untilMs; ms += everyMs * 2 * random()) times.push(ms)
      for (let n = 0; n < burst; n++) times.push(burstAtMs + n * 50)
      return times.map((ms, index) => {
        const createdMs = START_MS + ms
        const fromMs = random() < late ? createdMs + random() * HOUR : createdMs
        const untilMs = random() < deleted ? fromMs + random() * 5 * MINUTE : Number.POSITIVE_INFINITY
        const sticky = random() < 0.002
        return createPost(FIRST_ID * (number + 1) + index, `sub${number}`, createdMs, { fromMs, untilMs, sticky })
      })
    }),
  )
}

/**
 * Whether a post that is approved late can be found: a process must be running, and the post must still be among the thousand
 * newest ones when the whole window is read.
 */
function isReachable({ createdMs, fromMs }: StandInPost, posts: readonly StandInPost[], { stops }: Scenario): boolean {
  const readMs = fromMs + DEEP_MS
  const newer = posts.filter((other) => other.createdMs >= createdMs && other.createdMs <= readMs).length
  let stopMs = START_MS
  const running = stops.every(({ runMs, downMs }) => {
    const [from, until] = [stopMs + runMs, stopMs + runMs + downMs]
    stopMs = until
    return until < createdMs || from > readMs
  })
  return running && newer < 900
}

async function play(set: Setting, { stops, pollIntervalMs }: Scenario): Promise<void> {
  for (const { runMs, downMs, crash } of stops) {
    await set.world.run(set.create({ pollIntervalMs }), runMs, async () => {
      await set.clock.pass(runMs)
      if (crash) set.world.positions.lost = true
    })
    set.world.positions.lost = false
    await set.clock.pass(downMs)
  }
  await set.world.run(set.create({ pollIntervalMs }), CALM_MS)
}

/** Whether a post lies in a recorded coverage gap. */
function inGap({ world }: Setting, { subreddit, createdMs }: StandInPost): boolean {
  return world.gaps.some(
    ({ of, from, until }) =>
      of === subreddit && createdMs >= Date.parse(from) - HOUR && createdMs <= Date.parse(until) + HOUR,
  )
}

test('despite faults, stops and crashes every lasting post is stored once or lies in a coverage gap, within the limit', async () => {
  const check = async (scenario: Scenario): Promise<void> => {
    const random = seededRandom(scenario.seed)
    const endMs = START_MS + lengthOf(scenario)
    const set = setUp(
      scenario.communities.map((_, number) => `sub${number}`),
      {
        // There are no faults at the end, so that everything that can be caught up is caught up.
        fault: ({ atMs }) =>
          atMs < endMs - CALM_MS && random() < scenario.faultShare
            ? FAULTS[Math.floor(random() * FAULTS.length)]![1]
            : undefined,
      },
      scenario.seed,
    )
    const posts = createPosts(scenario, random)
    set.reddit.add(posts)
    await play(set, scenario)
    const lasting = posts.filter(
      ({ createdMs, fromMs, untilMs }) => createdMs >= START_MS && untilMs > endMs && fromMs < endMs - DEEP_MS,
    )
    const lost = lasting
      .filter((post) => !set.world.sink.stored.has(post.id) && !inGap(set, post))
      .filter((post) => post.fromMs === post.createdMs || isReachable(post, posts, scenario))
    expect(lost.map(({ id, subreddit, createdMs }) => ({ id, subreddit, at: (createdMs - START_MS) / 1_000 }))).toEqual(
      [],
    )
    expect(set.reddit.busiestMinute).toBeLessThanOrEqual(100)
    expect(scenario.stops.length === 0 ? set.world.sink.storedTwice : []).toEqual([])
  }
  await fc.assert(fc.asyncProperty(scenario, check), { seed: shownSeed(), numRuns: RUNS, endOnFailure: true })
}, 120_000)
