import { expect, test } from 'vitest'
import { keepPlaces } from './rankings.ts'

const row = (name: string, posts: number) => ({ name, allTime: { mean: 0.5, posts, standardDeviation: null } })

test('rows keep their places and get their latest figures', () => {
  const shown = [{ title: 'Most active', subreddits: [row('a', 3), row('b', 2), row('gone', 1)] }]
  const latest = [{ title: 'Most active', subreddits: [row('b', 9), row('a', 4), row('new', 3)] }]
  expect(keepPlaces(shown, latest)[0]!.subreddits).toEqual([row('a', 4), row('b', 9), row('gone', 1)])
})
