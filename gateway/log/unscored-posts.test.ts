import { expect, test } from 'vitest'
import { UnscoredPosts } from './unscored-posts.ts'

const MANY = { posts: 20_000, scored: 659, isIdle: true }

test('posts that nobody will score are counted after fifteen seconds, and no more once they have scores', () => {
  const unscored = new UnscoredPosts()
  expect([0, 14_000, 15_000].map((atMs) => unscored.add(atMs, MANY))).toEqual([0, 0, 19_341])
  expect(unscored.add(16_000, { ...MANY, scored: 20_000 })).toBe(0)
  expect(unscored.add(17_000, MANY)).toBe(0)
})

test.each([
  ['posts that scorers still work on', { ...MANY, isIdle: false }],
  ['a few posts', { posts: 200, scored: 100, isIdle: true }],
  ['a small share of the posts', { posts: 100_000, scored: 99_500, isIdle: true }],
  ['scores without posts', { posts: 0, scored: 500, isIdle: true }],
])('%s are no problem', (_, counts) => {
  const unscored = new UnscoredPosts()
  expect([0, 60_000].map((atMs) => unscored.add(atMs, counts))).toEqual([0, 0])
})
