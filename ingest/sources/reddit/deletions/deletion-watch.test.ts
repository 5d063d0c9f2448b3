import { describe, expect, test } from 'vitest'
import { FAULTS } from '../../../testing/faults.ts'
import {
  FIRST_ID,
  HOUR,
  MINUTE,
  SECOND,
  setUp,
  START_MS,
  steadily,
  type Setting,
} from '../../../testing/simulated-setting.ts'
import type { StandInOptions } from '../../../testing/stand-in-reddit.ts'
import type { StandInPost } from '../../../testing/stand-in-listing.ts'
import { random as seededRandom } from '../../../../ml/random.ts'

const poll = { pollIntervalMs: MINUTE }
const WAYS = ['deleted', 'removed', 'author', 'nothing'] as const

/** Prepares a simulation that notes when each post was erased. */
function watched(subreddits: readonly string[] | undefined, options: Partial<StandInOptions> = {}) {
  const set = setUp(subreddits, options)
  set.world.checksDeletions = true
  const erasedMs = new Map<string, number>()
  set.world.sink.log.onErase = (posts) => {
    for (const { id } of posts) erasedMs.set(id, set.clock.trueMs)
  }
  return { ...set, erasedMs }
}

/** Lets a share of the posts be deleted or removed on Reddit, in every way, at ages of up to two days. */
function withDeletions(posts: readonly StandInPost[], share: number, seed = 1, maxAgeMs = 46 * HOUR): StandInPost[] {
  const random = seededRandom(seed)
  return posts.map((post, index) => {
    if (random() >= share) return post
    const untilMs = post.createdMs + 10 * MINUTE + random() * (maxAgeMs - 10 * MINUTE)
    return { ...post, untilMs, deletedAs: WAYS[index % WAYS.length]! }
  })
}

const erasedIds = ({ world }: Setting): string[] => [...world.sink.log.erased.keys()].sort()
const deletedIds = (posts: readonly StandInPost[]): string[] =>
  posts
    .filter(({ untilMs }) => untilMs !== Number.POSITIVE_INFINITY)
    .map(({ id }) => id)
    .sort()
const infoRequests = ({ reddit }: Setting) => reddit.log.filter(({ path }) => path === '/api/info')

describe('checking stored posts for deletion', () => {
  test.each([['a list', ['a1']] as const, ['all of Reddit', undefined] as const])(
    '%s: every deleted post is erased within 48 hours, and no other, within the rate limit',
    async (_, subreddits) => {
      const set = watched(subreddits)
      const posts = withDeletions(steadily('a1', 2 * MINUTE, MINUTE, 10 * HOUR, FIRST_ID), 0.3)
      set.reddit.add(posts)
      await set.world.run(set.create(poll), 60 * HOUR)
      expect(erasedIds(set)).toEqual(deletedIds(posts))
      for (const { id, untilMs } of posts.filter((post) => post.untilMs < Number.POSITIVE_INFINITY)) {
        expect(set.erasedMs.get(id)! - untilMs).toBeLessThan(48 * HOUR)
        expect(set.erasedMs.get(id)).toBeGreaterThanOrEqual(untilMs)
      }
      expect(set.reddit.busiestMinute).toBeLessThanOrEqual(100)
      const reasons = new Set(set.world.sink.log.erased.values())
      expect(reasons).toEqual(new Set(['deleted by its author', 'removed by a moderator', 'no longer on Reddit']))
    },
    60_000,
  )

  test('checks posts at about 1, 12, 36 and 47 hours of age, many in one request', async () => {
    const set = watched(['a1'])
    const posts = steadily('a1', 10 * SECOND, MINUTE, HOUR, FIRST_ID)
    set.reddit.add(posts)
    await set.world.run(set.create(poll), 50 * HOUR)
    const { id, createdMs } = posts[100]!
    const ages = infoRequests(set)
      .filter(({ query }) => query.split(/[=,&]/).includes(`t3_${id}`))
      .map(({ atMs }) => (atMs - createdMs) / HOUR)
    const rounds = [1, 12, 36, 47].map((age) => ages.filter((at) => at >= age && at < age + 0.5).length)
    expect(rounds.every((count) => count >= 1)).toBe(true)
    expect(infoRequests(set).length).toBeLessThan((4 * posts.length) / 25)
  })

  test('after a stop of days the overdue checks are caught up while new posts are read', async () => {
    const set = watched(undefined)
    const posts = withDeletions(steadily('a1', 20 * SECOND, 0, 6 * HOUR, FIRST_ID), 0.2, 2, 30 * HOUR)
    const later = steadily('a1', 20 * SECOND, 70 * HOUR, 75 * HOUR, FIRST_ID + posts.length)
    set.reddit.add([...posts, ...later])
    await set.world.run(set.create(poll), 6.5 * HOUR)
    await set.clock.pass(66 * HOUR)
    const backMs = set.clock.trueMs
    const wasErased = new Set(erasedIds(set))
    await set.world.run(set.create({ pollIntervalMs: 10 * SECOND }), 90 * MINUTE)
    expect(erasedIds(set)).toEqual(deletedIds(posts))
    const caughtUp = posts.filter(({ id }) => set.erasedMs.has(id) && !wasErased.has(id))
    expect(Math.max(...caughtUp.map(({ id }) => set.erasedMs.get(id)! - backMs))).toBeLessThan(30 * MINUTE)
    expect(set.world.sink.stored.size).toBeGreaterThan(posts.length + 5 * 100)
    expect(set.reddit.busiestMinute).toBeLessThanOrEqual(100)
  })

  test('overdue checks leave enough requests to the reading of new posts', async () => {
    const set = watched(['a1'])
    const posts = steadily('a1', SECOND, -2 * HOUR, 3 * HOUR, FIRST_ID)
    set.reddit.add(posts)
    await set.world.run(set.create({ pollIntervalMs: SECOND }), 2 * HOUR)
    await set.clock.pass(60 * HOUR)
    const before = set.reddit.log.length
    await set.world.run(set.create({ pollIntervalMs: SECOND }), 5 * MINUTE)
    const polls = set.reddit.log.slice(before).filter(({ path }) => path.startsWith('/r/')).length
    expect(polls).toBeGreaterThan(5 * 40)
    expect(set.reddit.busiestMinute).toBeLessThanOrEqual(100)
  })

  test.each(FAULTS)('%s is not taken for a deletion, and does not hide one', async (_, fault) => {
    const random = seededRandom(4)
    const [fromMs, untilMs] = [START_MS + 70 * MINUTE, START_MS + 3 * HOUR]
    const set = watched(['a1'], {
      fault: ({ atMs }) => ((atMs >= fromMs && atMs < untilMs) || random() < 0.1 ? fault : undefined),
    })
    const posts = withDeletions(steadily('a1', 2 * MINUTE, MINUTE, 2 * HOUR, FIRST_ID), 0.3, 3, 11 * HOUR)
    set.reddit.add(posts)
    await set.world.run(set.create(poll), 18 * HOUR)
    const wasStored = posts.filter(({ id }) => set.world.sink.stored.has(id))
    expect(wasStored.length).toBeGreaterThan(50)
    expect(erasedIds(set)).toEqual(deletedIds(wasStored))
    expect(set.reddit.busiestMinute).toBeLessThanOrEqual(100)
  })

  test('an answer without any post is not taken for deletions', async () => {
    const [fromMs, untilMs] = [START_MS + 50 * MINUTE, START_MS + 13 * HOUR]
    const empty = { kind: 'answer', status: 200, body: '{"data":{"children":[],"after":null}}' } as const
    const set = watched(['a1'], {
      fault: ({ path, atMs }) => (path === '/api/info' && atMs >= fromMs && atMs < untilMs ? empty : undefined),
    })
    const posts = withDeletions(steadily('a1', 5 * MINUTE, MINUTE, HOUR, FIRST_ID), 0.3, 3, 11 * HOUR)
    set.reddit.add(posts)
    await set.world.run(set.create(poll), 0, async () => {
      await set.clock.pass(12.9 * HOUR)
      expect(erasedIds(set)).toEqual([])
      await set.clock.pass(2 * HOUR)
    })
    expect(erasedIds(set)).toEqual(deletedIds(posts))
  })

  test('an erasure that fails is retried', async () => {
    const set = watched(['a1'])
    const posts = withDeletions(steadily('a1', 5 * MINUTE, MINUTE, HOUR, FIRST_ID), 0.5, 3, HOUR)
    set.reddit.add(posts)
    await set.world.run(set.create(poll), 0, async () => {
      set.world.sink.log.failing = new Error('the log does not answer')
      await set.clock.pass(14 * HOUR)
      set.world.sink.log.failing = undefined
      await set.clock.pass(10 * MINUTE)
    })
    expect(erasedIds(set)).toEqual(deletedIds(posts))
  })

  test('a sweep reports the hours of deleted posts again', async () => {
    const set = watched(undefined)
    const posts = withDeletions(steadily('a1', MINUTE, 0, 4 * HOUR, FIRST_ID), 0.3, 5, 11 * HOUR)
    set.reddit.add(posts)
    await set.world.run(set.create(poll), 17 * HOUR)
    const hour = set.world.reports.filter(({ hour_utc: utc }) => utc * SECOND === START_MS + HOUR)
    const gone = deletedIds(posts.slice(60, 120)).length
    expect(hour.at(-1)).toMatchObject({ expected: 60, seen: 60 - gone, erased: gone, unknown: 0, coverage: 1 })
  })

  test.each([
    ['never, without a stop', Infinity, 0],
    ['after an hour, with a stop of 13 hours', HOUR, 13 * HOUR],
    ['never, with a stop of 26 hours', Infinity, 26 * HOUR],
  ])(
    'a deleted post is recorded and counted once when its erasure is carried out %s',
    async (_, delayMs, stopMs) => {
      const set = watched(undefined)
      set.world.sink.log.carriedOutAfterMs = delayMs
      const posts = withDeletions(steadily('a1', MINUTE, MINUTE, 4 * HOUR, FIRST_ID), 0.2, 6, HOUR)
      set.reddit.add(posts)
      await set.world.run(set.create(poll), 6 * HOUR)
      await set.clock.pass(stopMs)
      await set.world.run(set.create(poll), 32 * HOUR)
      expect(erasedIds(set)).toEqual(deletedIds(posts))
      expect(set.world.sink.log.erasedTwice).toEqual([])
      const counted = [...set.world.lastReports.values()].reduce((sum, { erased }) => sum + erased, 0)
      expect(counted).toBe(deletedIds(posts).length)
    },
    60_000,
  )
})
