import { describe, expect, test } from 'vitest'
import { toIsoTime } from '../../../schema/hours.ts'
import { HOUR, MINUTE, missing, SECOND, setUp, START_MS, type Setting } from '../../testing/simulated-setting.ts'
import { createPost, type StandInPost } from '../../testing/stand-in-listing.ts'
import { random as seededRandom } from '../../../ml/random.ts'

const FIRST_ID = 300_000_000
/** The time between two posts, at sixteen posts a second. */
const EVERY_MS = 62.5
/** How long a poll with an interval of a second takes at most, including the requests before it. */
const ONE_POLL_MS = 2 * SECOND

interface Traffic {
  /** The id of each post. */
  readonly toId: (n: number) => number
  readonly fromMs: number
  readonly untilMs: number
  readonly everyMs?: number
  /** How long each post can be read; the first post stays. */
  readonly lifeMs?: number
  /** How long after its creation a post can be read. */
  readonly lateMs?: (n: number) => number
}

function traffic({
  toId,
  fromMs,
  untilMs,
  everyMs = EVERY_MS,
  lifeMs = Number.POSITIVE_INFINITY,
  lateMs = () => 0,
}: Traffic): StandInPost[] {
  return Array.from({ length: Math.floor((untilMs - fromMs) / everyMs) }, (_, n) => {
    const createdMs = START_MS + fromMs + Math.floor(n * everyMs)
    const times = { fromMs: createdMs + lateMs(n), untilMs: createdMs + lifeMs }
    return createPost(toId(n), `sub${n % 7}`, createdMs, n === 0 ? {} : times)
  })
}

/** Ids as recorded posts have them when they are replayed: runs of close ids from many years, in no order. */
const shuffled = (n: number): number => FIRST_ID + ((Math.floor(n / 40) * 7_919) % 1_009) * 1_000_000 + (n % 40) * 3

const listed = ({ reddit }: Setting): number => reddit.log.filter(({ path }) => path === '/r/all/new').length
const createdBefore = (posts: readonly StandInPost[], ms: number): StandInPost[] =>
  posts.filter(({ createdMs }) => createdMs < ms)

describe('a sweep over ids that lie far apart', () => {
  test.each([
    ['in order', (n: number) => FIRST_ID + n * 97],
    ['in order and very far apart', (n: number) => FIRST_ID + n * 1_500_000],
    ['in no order', shuffled],
  ])('%s: each post is stored once, within a poll', async (_, toId) => {
    const set = setUp(undefined)
    const posts = traffic({ toId, fromMs: -45 * SECOND, untilMs: 10 * MINUTE })
    set.reddit.add(posts)
    await set.world.run(set.create(), 10 * MINUTE, async () => {
      await set.clock.pass(20 * SECOND)
      for (let passed = 0; passed < 5; passed++) {
        expect(missing(set, createdBefore(posts, set.clock.trueMs - ONE_POLL_MS))).toEqual([])
        await set.clock.pass(100 * SECOND)
      }
    })
    expect(set.world.sink.storedTwice).toEqual([])
    expect(set.reddit.busiestMinute).toBeLessThanOrEqual(100)
  })

  test('posts that last only seconds are stored, and so are all posts when a page is too short for a poll', async () => {
    const brief = setUp(undefined)
    const posts = traffic({ toId: shuffled, fromMs: -MINUTE, untilMs: 5 * MINUTE, lifeMs: ONE_POLL_MS })
    brief.reddit.add(posts)
    await brief.world.run(brief.create(), 6 * MINUTE)
    expect(
      missing(
        brief,
        posts.filter(({ createdMs }) => createdMs > START_MS + 20 * SECOND),
      ),
    ).toEqual([])
    const rare = setUp(undefined)
    // While a thousand posts are read, a hundred more come.
    const lasting = traffic({ toId: shuffled, fromMs: -45 * SECOND, untilMs: 10 * MINUTE })
    rare.reddit.add(lasting)
    await rare.world.run(rare.create({ pollIntervalMs: 20 * SECOND }), 11 * MINUTE)
    expect(missing(rare, lasting)).toEqual([])
    for (const { world } of [brief, rare]) expect(world.sink.storedTwice).toEqual([])
  })

  test.each([
    ['in order', (n: number) => FIRST_ID + n * 97],
    ['in no order', shuffled],
  ])('%s: the posts of a stop are stored as long as the listing shows them', async (_, toId) => {
    const set = setUp(undefined)
    const posts = traffic({ toId, fromMs: -MINUTE, untilMs: 20 * MINUTE, everyMs: 250 })
    set.reddit.add(posts)
    await set.world.run(set.create(), 10 * MINUTE)
    await set.clock.pass(3 * MINUTE)
    await set.world.run(set.create(), 10 * MINUTE)
    expect(missing(set, posts)).toEqual([])
    expect(set.world.sink.storedTwice).toEqual([])
  })

  test('all posts are stored when there is one at the start and few come later', async () => {
    const set = setUp(undefined)
    const toId = (n: number): number => FIRST_ID + ((n * 7_919) % 1_009) * 100_000
    const times = { fromMs: -SECOND, untilMs: 10 * MINUTE, everyMs: 7 * SECOND, lifeMs: 3 * SECOND }
    const posts = traffic({ toId, ...times })
    set.reddit.add(posts)
    await set.world.run(set.create(), 11 * MINUTE)
    expect(missing(set, posts)).toEqual([])
    expect(set.world.sink.storedTwice).toEqual([])
  })

  test('with a listing that fails now and then, no lasting post is lost or stored twice', async () => {
    const random = seededRandom(5)
    const set = setUp(undefined, {
      fault: () => (random() < 0.1 ? { kind: 'answer', status: 503 } : undefined),
    })
    const posts = traffic({ toId: shuffled, fromMs: -MINUTE, untilMs: 10 * MINUTE, everyMs: 250 })
    set.reddit.add(posts)
    await set.world.run(set.create(), 11 * MINUTE)
    expect(missing(set, posts)).toEqual([])
    expect(set.world.sink.storedTwice).toEqual([])
  })

  test('posts that are approved late, and appear deep in the listing, are stored', async () => {
    const set = setUp(undefined)
    // The listing shows the posts of the last minute.
    const lateMs = (n: number): number => (n > 1_000 && n % 30 === 0 ? 20 * SECOND : 0)
    const posts = traffic({ toId: shuffled, fromMs: -45 * SECOND, untilMs: 10 * MINUTE, lateMs })
    set.reddit.add(posts)
    await set.world.run(set.create(), 12 * MINUTE)
    expect(missing(set, posts)).toEqual([])
    expect(set.world.sink.storedTwice).toEqual([])
    expect(set.reddit.busiestMinute).toBeLessThanOrEqual(100)
  })

  test('where most ids lead to a post, listings are hardly read', async () => {
    const set = setUp(undefined)
    set.reddit.add(traffic({ toId: (n) => FIRST_ID + n, fromMs: -2 * MINUTE, untilMs: 20 * MINUTE }))
    await set.world.run(set.create(), 10 * MINUTE)
    expect(listed(set)).toBeLessThanOrEqual(25)
  })
})

test('a post that was given up and is listed later is stored and counted', async () => {
  const set = setUp(undefined)
  const posts = traffic({ toId: (n) => FIRST_ID + n, fromMs: -10 * MINUTE, untilMs: 4 * HOUR, everyMs: MINUTE })
  // It is given up after an hour, and is among the hundred newest posts when it is approved.
  posts[40] = { ...posts[40]!, fromMs: posts[40]!.createdMs + 65 * MINUTE }
  set.reddit.add(posts)
  await set.world.run(set.create({ pollIntervalMs: 5 * SECOND }), 4 * HOUR)
  expect(missing(set, posts)).toEqual([])
  expect(set.world.sink.storedTwice).toEqual([])
  const last = set.world.lastReports.get(`* ${toIsoTime(START_MS / SECOND)}`)
  expect(last).toMatchObject({ expected: 60, seen: 60, unknown: 0 })
})
