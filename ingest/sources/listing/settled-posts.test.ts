import { describe, expect, test } from 'vitest'
import {
  FIRST_ID,
  HOUR,
  inOrder,
  MINUTE,
  missing,
  SECOND,
  setUp,
  START_MS,
  steadily,
} from '../../testing/simulated-setting.ts'
import { createPost, type StandInPost } from '../../testing/stand-in-listing.ts'

const removed = (post: StandInPost): StandInPost => ({
  ...post,
  data: { ...post.data, selftext: '[removed]', removed_by_category: 'automod_filtered' },
})

const between = (posts: readonly StandInPost[], fromMs: number, untilMs: number): StandInPost[] =>
  posts.filter(({ createdMs }) => createdMs > START_MS + fromMs && createdMs < START_MS + untilMs)

describe('pages that contain only removed posts', () => {
  test('do not end the first reading', async () => {
    const set = setUp(['a1'])
    const good = steadily('a1', 10 * SECOND, -2 * HOUR, -HOUR)
    const bad = steadily('a1', 10 * SECOND, -HOUR, -30 * MINUTE, FIRST_ID + 10_000).map(removed)
    set.reddit.add(inOrder(good, bad))
    await set.world.run(set.create(), 10 * MINUTE)
    expect(missing(set, good)).toEqual([])
  })

  test.each([0, 1])('do not end a reading after a stop, with %d pinned posts above them', async (pinned) => {
    const set = setUp(['a1'])
    const pins = Array.from({ length: pinned }, () =>
      createPost(FIRST_ID - 5, 'a1', START_MS - 3 * HOUR, { sticky: true }),
    )
    const good = steadily('a1', 10 * SECOND, -2 * HOUR, 32 * MINUTE)
    const bad = steadily('a1', SECOND, 32 * MINUTE, 34.5 * MINUTE, FIRST_ID + 10_000).map(removed)
    set.reddit.add(inOrder(pins, good, bad))
    await set.world.run(set.create(), 5 * MINUTE)
    await set.clock.pass(29.5 * MINUTE)
    await set.world.run(set.create(), 10 * MINUTE)
    expect(missing(set, good)).toEqual([])
  })
})

describe('settled posts of one subreddit do not end the reading of another that shares its listing', () => {
  test('when a subreddit was missing from the list for an hour', async () => {
    const set = setUp(['a1', 'x1'])
    const calm = steadily('a1', 10 * SECOND, -HOUR, 2 * HOUR)
    const busy = steadily('x1', 500, -10 * MINUTE, 2 * HOUR, FIRST_ID + 10_000_000)
    set.reddit.add(inOrder(calm, busy))
    await set.world.run(set.create(), 10 * MINUTE)
    await set.world.run(set.create({ subreddits: new Set(['x1']) }), HOUR)
    await set.world.run(set.create(), 20 * MINUTE)
    expect(missing(set, between(calm, 0, 88 * MINUTE))).toEqual([])
  })

  test('when a busy subreddit comes back while the other one fails', async () => {
    const [fromMs, untilMs] = [START_MS + 2 * MINUTE, START_MS + 20 * MINUTE]
    const set = setUp(['a1', 'x1'], {
      fault: ({ atMs, path }) =>
        path === '/r/a1/new' && atMs > fromMs && atMs < untilMs ? { kind: 'answer', status: 503 } : undefined,
    })
    const calm = steadily('a1', 10 * SECOND, -HOUR, 30 * MINUTE)
    set.reddit.add(inOrder(calm, steadily('x1', 150, -10 * MINUTE, 30 * MINUTE, FIRST_ID + 10_000_000)))
    await set.world.run(set.create(), 0, async () => {
      await set.clock.pass(MINUTE)
      set.reddit.subreddits.set('x1', { status: 403, reason: 'private' })
      await set.clock.pass(6 * MINUTE)
      set.reddit.subreddits.delete('x1')
      await set.clock.pass(23 * MINUTE)
    })
    const lost = missing(set, between(calm, 0, 28 * MINUTE))
    const inGap = ({ createdMs }: StandInPost): boolean =>
      set.world.gaps.some(
        ({ of, from, until }) =>
          of === 'a1' && createdMs >= Date.parse(from) - SECOND && createdMs <= Date.parse(until),
      )
    expect(calm.filter((post) => lost.includes(post.id) && !inGap(post))).toEqual([])
  })
})

test('a subreddit whose own listing keeps failing does not hold up the others', async () => {
  let failing = false
  const set = setUp(['a1', 'x1'], {
    fault: ({ path }) => (failing && path === '/r/a1/new' ? { kind: 'answer', status: 503 } : undefined),
  })
  const calm = steadily('a1', MINUTE, -HOUR, 3 * HOUR)
  const busy = steadily('x1', SECOND, -30 * MINUTE, 3 * HOUR, FIRST_ID + 10_000_000)
  set.reddit.add(inOrder(calm, busy))
  await set.world.run(set.create(), 5 * MINUTE)
  failing = true
  await set.clock.pass(40 * MINUTE)
  await set.world.run(set.create(), 0, async () => {
    await set.clock.pass(30 * MINUTE)
    const before = set.reddit.log.length
    await set.clock.pass(30 * MINUTE)
    const pages = set.reddit.log.slice(before).filter(({ query }) => query.includes('after='))
    expect(pages.length).toBeLessThan(400)
    expect(missing(set, between(busy, 50 * MINUTE, 104 * MINUTE))).toEqual([])
    failing = false
    await set.clock.pass(HOUR)
  })
  expect(missing(set, between(calm, 0, 160 * MINUTE))).toEqual([])
})
