import { expect, test } from 'vitest'
import type { ErasedPost } from './erase-posts.ts'
import { printReport } from './print-report.ts'

const erased: ErasedPost = {
  id: '1abcde',
  outcome: 'erased',
  subreddit: 'AskScience',
  createdUtc: 1_764_000_000,
  posts: [3, 17],
  scores: [4, 5, 6, 7, 8, 9],
  deadLetters: [],
}
const timings = { searchMs: 1_234, recordMs: 1, scorersMs: 0, deleteMs: 2, readModelsMs: 0, totalMs: 1_300 }

test('says what went where, and which read models have heard of it', () => {
  const posts: ErasedPost[] = [
    erased,
    { ...erased, id: '2', outcome: 'already erased', posts: [], scores: [] },
    { ...erased, id: '3', outcome: 'unknown', subreddit: null, posts: [], scores: [], deadLetters: [] },
    { ...erased, id: '4', posts: [5], scores: [], carries: '1abcde' },
  ]
  const report = { posts, recordedAt: 18, messagesRead: 20, timings }
  const text = printReport(report, [
    { name: 'posts', state: 'applied' },
    { name: 'hourly', state: 'not running' },
    { name: 'all-time', state: 'behind' },
  ])
  expect(text).toBe(`1abcde: erased from r/AskScience (2 in POSTS: 3, 17, 6 in SCORES: 4, 5, 6, 7, 8, …)
2: already erased, nothing is left
3: unknown: nothing of it is in the log, so that no erasure could be recorded. Copies that come later will count.
4: erased from r/AskScience (1 in POSTS: 5), because a message of it carries 1abcde
posts: applied
hourly: its projector does not run and applies the erasure when it starts
all-time: has not come that far yet, and goes on
1.3 s, 1.2 s of it looking
`)
})

test('many posts with nothing to tell go into one line, and none are none', () => {
  const already: ErasedPost = { ...erased, outcome: 'already erased', posts: [], scores: [] }
  const posts = [...Array.from({ length: 1_234 }, () => already), erased]
  const report = { posts, recordedAt: 18, messagesRead: 20, timings }
  const [first, second] = printReport(report, []).split('\n')
  expect(first).toMatch(/^1abcde: erased/)
  expect(second).toBe('1,234 posts: already erased, nothing is left')
  expect(printReport({ ...report, posts: [] }, [])).toMatch(/^no post was erased before/)
})
