import { expect, test } from 'vitest'
import { lagOf, streamsBehind } from './read-models.ts'

test('the lag counts whole streams by sequence, and streams of which some subjects are taken by what is pending', () => {
  const [applied, last] = [
    { POSTS: 0, SCORES: 7, COVERAGE: 2 },
    { POSTS: 100, SCORES: 10, COVERAGE: 2 },
  ]
  expect(lagOf('hourly', applied, last)).toBe(3)
  expect(lagOf('hourly', applied, last, { POSTS: 4, SCORES: 50 })).toBe(7)
  expect(lagOf('posts', applied, last)).toBe(103)
})

test('a checkpoint beyond the end of its stream is told apart from no lag', () => {
  expect(streamsBehind('all-time', { POSTS: 5, SCORES: 7 }, { POSTS: 4, SCORES: 7 })).toEqual(['POSTS'])
  expect(lagOf('posts', { POSTS: 5, SCORES: 7 }, { POSTS: 4, SCORES: 9 })).toBe(2)
  expect(streamsBehind('all-time', { POSTS: 5, SCORES: 7 }, {})).toEqual([])
})
