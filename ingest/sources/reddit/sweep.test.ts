import { describe, expect, test } from 'vitest'
import { FAULTS } from '../../testing/faults.ts'
import { HOUR, MINUTE, missing, SECOND, setUp, START_MS, type Setting } from '../../testing/simulated-setting.ts'
import { createPost, type StandInPost } from '../../testing/stand-in-listing.ts'
import { random as seededRandom } from '../../../ml/random.ts'

const FIRST_ID = 60_000_000

interface Traffic {
  readonly everyMs: number
  readonly fromMs: number
  readonly untilMs: number
  readonly firstId?: number
  readonly seed?: number
}

/** Posts with consecutive ids. Two in a hundred ids have no post, and some posts show only a while after their id was given out. */
function traffic({ everyMs, fromMs, untilMs, firstId = FIRST_ID, seed = 1 }: Traffic): StandInPost[] {
  const random = seededRandom(seed)
  const posts: StandInPost[] = []
  for (let [ms, id] = [fromMs, firstId]; ms < untilMs; [ms, id] = [ms + everyMs, id + 1]) {
    if (random() < 0.02) continue
    const lateMs = random() < 0.05 ? random() * 20 * MINUTE : random() * SECOND
    const createdMs = START_MS + ms
    posts.push(createPost(id, `sub${id % 7}`, createdMs, { fromMs: createdMs + lateMs }))
  }
  return posts
}

const infoRequests = ({ reddit }: Setting): number => reddit.log.filter(({ path }) => path === '/api/info').length
const createdBetween = (posts: readonly StandInPost[], fromMs: number, untilMs: number): StandInPost[] =>
  posts.filter(({ createdMs }) => createdMs >= START_MS + fromMs && createdMs < START_MS + untilMs)

describe('sweep', () => {
  test('reads all ids, retries those whose posts are missing, and gives up on the rest', async () => {
    const set = setUp(undefined)
    const posts = traffic({ everyMs: 100, fromMs: -10 * MINUTE, untilMs: 30 * MINUTE })
    set.reddit.add(posts)
    await set.world.run(set.create({ pollIntervalMs: 5 * SECOND }), 2 * HOUR)
    expect(missing(set, createdBetween(posts, -MINUTE, HOUR))).toEqual([])
    expect(set.world.sink.storedTwice).toEqual([])
    expect(set.world.positions.entries.get('reddit.sweep')).toMatch(/"pending":\[\]/)
    expect(set.reddit.busiestMinute).toBeLessThanOrEqual(100)
  })

  test('needs few requests at seventeen posts a second', async () => {
    const set = setUp(undefined)
    set.reddit.add(traffic({ everyMs: 59, fromMs: -2 * MINUTE, untilMs: 12 * MINUTE }))
    await set.world.run(set.create({ pollIntervalMs: 5 * SECOND }), 10 * MINUTE)
    expect(infoRequests(set)).toBeLessThan(10 * 22)
  })

  test('after a stop new posts come first, and the missed ones are caught up meanwhile', async () => {
    const set = setUp(undefined)
    const posts = traffic({ everyMs: 200, fromMs: -10 * MINUTE, untilMs: 3.5 * HOUR })
    set.reddit.add(posts)
    await set.world.run(set.create(), 10 * MINUTE)
    await set.clock.pass(2 * HOUR)
    const backMs = set.clock.trueMs - START_MS
    await set.world.run(set.create(), HOUR, async () => {
      await set.clock.pass(2 * MINUTE)
      const recent = createdBetween(posts, backMs, backMs + MINUTE)
      expect(missing(set, recent).length).toBeLessThan(recent.length / 10)
      await set.clock.pass(58 * MINUTE)
    })
    const soonEnough = createdBetween(posts, 0, backMs + 25 * MINUTE)
    expect(missing(set, soonEnough)).toEqual([])
    expect(set.world.sink.storedTwice).toEqual([])
    expect(set.world.gaps).toEqual([])
  })

  test('ids that jump far ahead are found again', async () => {
    const set = setUp(undefined)
    const before = traffic({ everyMs: 100, fromMs: -MINUTE, untilMs: 10 * MINUTE })
    const after = traffic({
      everyMs: 100,
      fromMs: 10 * MINUTE,
      untilMs: 30 * MINUTE,
      firstId: FIRST_ID + 40_000,
      seed: 2,
    })
    set.reddit.add([...before, ...after])
    await set.world.run(set.create({ pollIntervalMs: 5 * SECOND }), 2 * HOUR)
    expect(missing(set, [...before, ...after])).toEqual([])
    expect(set.world.sink.storedTwice).toEqual([])
  })

  test('starts with r/popular where r/all cannot be read', async () => {
    const set = setUp(undefined)
    set.reddit.subreddits.set('all', { status: 404 })
    // An exponential search from 0 would not find these ids, because there are no posts with lower ids.
    const posts = traffic({ everyMs: 500, fromMs: -10 * MINUTE, untilMs: 10 * MINUTE, firstId: 1_234_567_890 })
    set.reddit.add(posts)
    await set.world.run(set.create({ pollIntervalMs: 5 * SECOND }), 2 * HOUR)
    expect(missing(set, createdBetween(posts, 0, HOUR))).toEqual([])
    expect(set.world.sink.storedTwice).toEqual([])
  })

  test.each([
    ['empty', undefined],
    ['refused', { kind: 'answer', status: 403 } as const],
  ])(
    'while listings are refused and /api/info is %s, waits longer and longer, and starts when a listing can be read',
    async (_, refusal) => {
      const untilMs = START_MS + HOUR
      const set = setUp(undefined, {
        fault: ({ path, atMs }) => (path === '/api/info' && atMs < untilMs ? refusal : undefined),
      })
      for (const name of ['all', 'popular', 'askreddit']) set.reddit.subreddits.set(name, { status: 403 })
      const posts = traffic({ everyMs: 500, fromMs: -10 * MINUTE, untilMs: 2 * HOUR, firstId: 1_234_567_890 })
      set.reddit.add(posts)
      await set.world.run(set.create({ pollIntervalMs: 5 * SECOND }), 0, async () => {
        await set.clock.pass(HOUR)
        expect(set.reddit.log.length).toBeLessThan(200)
        set.reddit.subreddits.clear()
        await set.clock.pass(HOUR)
      })
      expect(missing(set, createdBetween(posts, 70 * MINUTE, 80 * MINUTE))).toEqual([])
    },
  )

  test('starts with an exponential search for the newest id where no listing can be read', async () => {
    const set = setUp(undefined)
    for (const name of ['all', 'popular', 'askreddit']) set.reddit.subreddits.set(name, { status: 403 })
    const posts = traffic({ everyMs: 500, fromMs: -10 * MINUTE, untilMs: 20 * MINUTE, firstId: 1_000 })
    // The search needs dense ids from low numbers on: 1,200 of these posts were made before the start.
    set.reddit.add(posts)
    await set.world.run(set.create({ pollIntervalMs: 5 * SECOND }), HOUR)
    expect(missing(set, createdBetween(posts, 0, HOUR))).toEqual([])
  })

  test('while /api/info is refused, listings are read; afterwards the posts that they left out', async () => {
    const [fromMs, untilMs] = [START_MS + 2 * MINUTE, START_MS + 12 * MINUTE]
    const set = setUp(undefined, {
      fault: ({ path, atMs }) =>
        path === '/api/info' && atMs >= fromMs && atMs < untilMs ? { kind: 'answer', status: 403 } : undefined,
    })
    const posts = traffic({ everyMs: 100, fromMs: -MINUTE, untilMs: 15 * MINUTE })
    set.reddit.add(posts)
    await set.world.run(set.create(), 2 * HOUR, async () => {
      await set.clock.pass(11 * MINUTE)
      const soon = createdBetween(posts, 0, 10 * MINUTE)
      expect(missing(set, soon).length).toBeLessThan(soon.length / 10)
      const refused = set.reddit.log.filter(({ status }) => status === 403).length
      expect(refused).toBeLessThan(60)
      await set.clock.pass(109 * MINUTE)
    })
    expect(missing(set, createdBetween(posts, 0, HOUR))).toEqual([])
    expect(set.world.sink.storedTwice).toEqual([])
  })

  test('a post that shows late is stored after about as long again', async () => {
    const set = setUp(undefined)
    const posts = traffic({ everyMs: 100, fromMs: -MINUTE, untilMs: 5 * MINUTE })
    const lateMs = [1, 3, 6, 12].map((s) => s * SECOND)
    const late = lateMs.map((ms, n) => {
      const index = 1_000 + 100 * n
      const { createdMs } = posts[index]!
      posts[index] = { ...posts[index]!, fromMs: createdMs + ms }
      return posts[index]
    })
    set.reddit.add(posts)
    const storedMs = new Map<string, number>()
    await set.world.run(set.create(), 0, async () => {
      for (let passed = 0; passed < 5 * MINUTE; passed += 500) {
        await set.clock.pass(500)
        for (const { id, fromMs } of late) {
          if (set.world.sink.stored.has(id) && !storedMs.has(id)) storedMs.set(id, set.clock.trueMs - fromMs)
        }
      }
    })
    expect([...storedMs.values()].every((ms, n) => ms <= lateMs[n]! + 3 * SECOND)).toBe(true)
    expect(storedMs.size).toBe(late.length)
  })

  test('deleted posts are not stored; removed posts are stored when they are approved', async () => {
    const set = setUp(undefined)
    const posts = traffic({ everyMs: 1_000, fromMs: -MINUTE, untilMs: 20 * MINUTE })
    const [deleted, held] = [posts[200]!, posts[201]!]
    posts[200] = { ...deleted, untilMs: deleted.createdMs }
    posts[201] = { ...held, filtered: true, fromMs: held.createdMs + 15 * MINUTE }
    set.reddit.add(posts)
    await set.world.run(set.create({ pollIntervalMs: 5 * SECOND }), HOUR)
    expect(set.world.sink.stored.has(deleted.id)).toBe(false)
    expect(set.world.sink.stored.has(held.id)).toBe(true)
  })

  test.each(FAULTS)('%s, now and then and for ten minutes: no post is lost or stored twice', async (_, fault) => {
    const random = seededRandom(7)
    const [fromMs, untilMs] = [START_MS + 20 * MINUTE, START_MS + 30 * MINUTE]
    const set = setUp(undefined, {
      fault: ({ atMs }) => ((atMs >= fromMs && atMs < untilMs) || random() < 0.1 ? fault : undefined),
    })
    const posts = traffic({ everyMs: 1_000, fromMs: -20 * MINUTE, untilMs: HOUR })
    set.reddit.add(posts)
    await set.world.run(set.create({ pollIntervalMs: 10 * SECOND }), 2.5 * HOUR)
    expect(missing(set, createdBetween(posts, 0, HOUR))).toEqual([])
    expect(set.world.sink.storedTwice).toEqual([])
    expect(set.reddit.busiestMinute).toBeLessThanOrEqual(100)
  })
})
