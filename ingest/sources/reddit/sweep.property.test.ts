import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FAULTS } from '../../testing/faults.ts'
import { propertyRuns, shownSeed } from '../../../schema/testing/seed.ts'
import {
  HOUR,
  MINUTE,
  SECOND,
  setUp,
  START_MS,
  type Setting,
  playStops,
  type Stop,
} from '../../testing/simulated-setting.ts'
import { createPost, type StandInPost } from '../../testing/stand-in-listing.ts'
import { random as seededRandom } from '../../../ml/random.ts'

const RUNS = propertyRuns(5)
const FIRST_ID = 60_000_000
/** By then the first start has reached Reddit despite all faults. Posts from before are not expected to be stored. */
const FIRST_CONTACT_MS = 5 * MINUTE
/** How long the last process runs, so that it has the time to find all ids. */
const QUIET_MS = 2.5 * HOUR

interface Scenario {
  readonly seed: number
  /** Milliseconds between ids, on average. */
  readonly everyMs: number
  /** The share of ids without a post. */
  readonly empty: number
  /** The shares of posts that show late, that are deleted, and that a filter holds back. */
  readonly late: number
  readonly deleted: number
  readonly filtered: number
  /** How many ids Reddit skips at a time, now and then. */
  readonly skippedIds: number
  readonly faultShare: number
  readonly stops: readonly Stop[]
}

const share = (max: number): fc.Arbitrary<number> => fc.double({ min: 0, max, noNaN: true })
const scenario: fc.Arbitrary<Scenario> = fc.record({
  seed: fc.nat(),
  everyMs: fc.integer({ min: 300, max: 20 * SECOND }),
  empty: share(0.1),
  late: share(0.2),
  deleted: share(0.2),
  filtered: share(0.1),
  // With larger values, more ids would be missing within an hour than are remembered.
  skippedIds: fc.integer({ min: 0, max: 1_000 }),
  faultShare: share(0.2),
  stops: fc.array(
    fc.record({
      runMs: fc.integer({ min: FIRST_CONTACT_MS, max: 15 * MINUTE }),
      downMs: fc.integer({ min: 0, max: HOUR }),
      crash: fc.boolean(),
    }),
    { maxLength: 3 },
  ),
})

const lengthOf = ({ stops }: Scenario): number => stops.reduce((sum, stop) => sum + stop.runMs + stop.downMs, 0)

function createPosts(scenario: Scenario, random: () => number): StandInPost[] {
  const posts: StandInPost[] = []
  const untilMs = lengthOf(scenario) + 10 * MINUTE
  let id = FIRST_ID
  for (let ms = -5 * MINUTE; ms < untilMs; ms += scenario.everyMs * 2 * random()) {
    id += random() < 0.001 ? 1 + scenario.skippedIds : 1
    if (random() < scenario.empty) continue
    const createdMs = START_MS + ms
    const [late, filtered] = [random() < scenario.late, random() < scenario.filtered]
    const fromMs = late || filtered ? createdMs + random() * 20 * MINUTE : createdMs
    const untilMs = random() < scenario.deleted ? fromMs + random() * MINUTE : Number.POSITIVE_INFINITY
    posts.push(createPost(id, 'a1', createdMs, { fromMs, untilMs, filtered }))
  }
  return posts
}

async function play(set: Setting, { stops }: Scenario): Promise<void> {
  await playStops(set, stops, { pollIntervalMs: 10 * SECOND })
  await set.world.run(set.create({ pollIntervalMs: 10 * SECOND }), QUIET_MS)
}

test('despite faults, stops and crashes every lasting post is stored, once by each process, within the limit', async () => {
  const check = async (scenario: Scenario): Promise<void> => {
    const random = seededRandom(scenario.seed)
    const calmMs = START_MS + lengthOf(scenario) + 10 * MINUTE
    const fault = ({ atMs }: { readonly atMs: number }) =>
      atMs < calmMs && random() < scenario.faultShare ? FAULTS[Math.floor(random() * FAULTS.length)]![1] : undefined
    const set = setUp(undefined, { fault }, scenario.seed)
    const posts = createPosts(scenario, random)
    set.reddit.add(posts)
    await play(set, scenario)
    const sinceMs = START_MS + FIRST_CONTACT_MS
    const due = posts.filter(({ createdMs, untilMs }) => createdMs >= sinceMs && untilMs === Number.POSITIVE_INFINITY)
    expect(due.filter(({ id }) => !set.world.sink.stored.has(id)).map(({ id }) => id)).toEqual([])
    expect(scenario.stops.length === 0 ? set.world.sink.storedTwice : []).toEqual([])
    expect(set.reddit.busiestMinute).toBeLessThanOrEqual(100)
  }
  await fc.assert(fc.asyncProperty(scenario, check), { seed: shownSeed(), numRuns: RUNS, endOnFailure: true })
}, 120_000)
