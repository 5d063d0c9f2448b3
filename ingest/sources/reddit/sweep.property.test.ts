import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FAULTS } from '../../testing/faults.ts'
import { shownSeed } from '../../testing/seed.ts'
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

const RUNS = 10
const FIRST_ID = 60_000_000
/** By then the first start has reached Reddit, through whatever faults; what was before is history. */
const FIRST_CONTACT_MS = 5 * MINUTE
/** Until here ids are given out; then there is time to come back for all of them. */
const QUIET_MS = 2.5 * HOUR

interface Scenario {
  readonly seed: number
  /** Milliseconds between ids, on average. */
  readonly everyMs: number
  /** Shares of ids without a post, of posts that come late, that are deleted, that a filter holds back. */
  readonly empty: number
  readonly late: number
  readonly deleted: number
  readonly filtered: number
  /** Ids left out at once, now and then. */
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
  // More, and more of them than are kept, would be missing within an hour.
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

test('whatever happens, every post that stays is stored, once by each process, and the limit holds', async () => {
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
