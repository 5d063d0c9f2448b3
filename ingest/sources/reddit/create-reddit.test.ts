import { describe, expect, test } from 'vitest'
import { MINUTE, missing, SECOND, setUp, START_MS, steadily } from '../../testing/simulated-setting.ts'
import type { StandInPost } from '../../testing/stand-in-listing.ts'
import { TestWorld } from '../../testing/test-source.ts'

const FIRST_ID = 60_000_000
const WINDOW_MS = 10 * MINUTE

/** One post in ten was removed before it was first seen. Listings still show it. */
function someRemoved(posts: readonly StandInPost[]): StandInPost[] {
  return posts.map((post, n) => {
    if (n % 10 !== 3) return post
    return Object.assign({}, post, {
      data: { ...post.data, selftext: '[removed]', removed_by_category: n % 20 === 3 ? 'moderator' : 'deleted' },
    })
  })
}

describe.each([
  ['a list of subreddits', ['a1']],
  ['all of Reddit', undefined],
])('%s', (_, subreddits) => {
  test('does not store posts that were removed before they were first seen', async () => {
    const set = setUp(subreddits)
    const posts = someRemoved(steadily('a1', 5 * SECOND, -5 * MINUTE, 10 * MINUTE, FIRST_ID))
    set.reddit.add(posts)
    await set.world.run(set.create(), 11 * MINUTE)
    const removed = posts.filter((post) => post.data['removed_by_category'] !== null)
    expect(missing(set, posts)).toEqual(removed.map(({ id }) => id))
    expect(set.world.sink.storedTwice).toEqual([])
  })
})

test('two processes with one API key together stay within the limit of Reddit’s ten-minute window', async () => {
  const set = setUp(undefined)
  set.reddit.add(steadily('a1', 60, -2 * MINUTE, 41 * MINUTE, FIRST_ID))
  const other = new TestWorld(set.clock)
  await set.world.run(set.create({ pollIntervalMs: 500 }), 0, () => {
    return other.run(set.create({ pollIntervalMs: 500 }), 4 * WINDOW_MS)
  })
  const used = new Map<number, number>()
  for (const { atMs } of set.reddit.log) {
    const window = Math.floor((atMs - START_MS) / WINDOW_MS)
    used.set(window, (used.get(window) ?? 0) + 1)
  }
  expect(Math.max(...used.values())).toBeLessThanOrEqual(1_000)
})
