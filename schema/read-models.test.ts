import { expect, test } from 'vitest'
import { encodeNotice, type ChangeNotice } from './read-models.ts'

test('a change notice names the subreddits if they fit in a message, and no more than that they are many otherwise', () => {
  const subreddits = Array.from({ length: 1_000 }, (_, index) => `subreddit_${index}`)
  const notice: ChangeNotice = {
    projection: 'hourly',
    fileId: 'a1',
    before: {},
    checkpoints: { SCORES: 9 },
    subreddits,
  }
  expect(JSON.parse(encodeNotice(notice, 100_000))).toEqual(notice)
  const short = encodeNotice(notice, 12_000)
  expect(JSON.parse(short)).toEqual({ ...notice, subreddits: null })
  expect(short.length).toBeLessThan(12_000)
})
