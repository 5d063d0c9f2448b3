import { expect, test } from 'vitest'
import type { ErasedPost } from './erase-posts.ts'
import { exitCodeOf, printReport } from './report.ts'

const erased: ErasedPost = {
  id: '1abcde',
  outcome: 'erased',
  subreddit: 'AskScience',
  createdUtc: 1_764_000_000,
  posts: [3, 17],
  scores: [4, 5, 6, 7, 8, 9],
  deadLetters: [],
}
const timings = { searchMs: 1_234, scorersMs: 0, readModelsMs: 0, totalMs: 1_300 }

test('the report says what was erased in each stream, and how far each read model is', () => {
  const posts: ErasedPost[] = [
    erased,
    { ...erased, id: '2', outcome: 'already erased', posts: [], scores: [] },
    { ...erased, id: '3', outcome: 'unknown', subreddit: null, posts: [], scores: [], deadLetters: [] },
    { ...erased, id: '4', posts: [5], scores: [], carries: '1abcde' },
  ]
  const report = { posts, recordedAt: 18, messagesRead: 20, timings }
  const text = printReport(report, [
    { name: 'posts', state: 'gone', checkpoint: 18 },
    { name: 'hourly', state: 'pending', checkpoint: 12 },
    { name: 'all-time', state: 'missing', checkpoint: null },
  ])
  expect(text).toBe(`1abcde: erased from r/AskScience (2 in POSTS: 3, 17; 6 in SCORES: 4, 5, 6, 7, 8, …).
2: already erased; nothing is left in the log.
3: Not found in the log; nothing erased. A copy that comes later will count.
4: erased from r/AskScience (1 in POSTS: 5), because one of its messages holds the text of 1abcde.
posts: erased; posts.db holds nothing of the posts.
hourly: pending; it is at 12 of 18 in POSTS. Its projector applies the erasure when it gets there; start it if it is stopped.
all-time: no all-time.db in DATA_DIR. On another host, its projector applies the erasure there.
Took 1.3 s, 1.2 s of it searching the log.
`)
})

test.each([
  ['scrubbing', /unused bytes of posts\.db may hold copies/],
  ['held', /left in the write-ahead log of posts\.db, because another program holds posts\.db open/],
  ['sending', /a rejected event waits to be sent to DEAD/],
  ['other log', /posts\.db was built from another log/],
  ['unreadable', /posts\.db cannot be read/],
] as const)('a read model in the state %s is not reported as free of the post', (state, words) => {
  const report = { posts: [erased], recordedAt: 18, messagesRead: 20, timings }
  expect(printReport(report, [{ name: 'posts', state, checkpoint: 18 }])).toMatch(words)
})

test.each([
  ['erased', 'gone', 0],
  ['erased', 'pending', 0],
  ['unknown', 'gone', 1],
  ['erased', 'scrubbing', 3],
  ['unknown', 'held', 3],
] as const)('a post that is %s and a read model that is %s give the exit code %i', (outcome, state, code) => {
  const posts = [erased, { ...erased, outcome }]
  const report = { posts, recordedAt: 18, messagesRead: 20, timings }
  expect(exitCodeOf(report, [{ name: 'posts', state, checkpoint: 18 }])).toBe(code)
})

test('many posts that were erased before share one line, and an empty list is reported as empty', () => {
  const already: ErasedPost = { ...erased, outcome: 'already erased', posts: [], scores: [] }
  const posts = [...Array.from({ length: 1_234 }, () => already), erased]
  const report = { posts, recordedAt: 18, messagesRead: 20, timings }
  const [first, second] = printReport(report, []).split('\n')
  expect(first).toMatch(/^1abcde: erased/)
  expect(second).toBe('1,234 posts: already erased; nothing is left in the log.')
  expect(printReport({ ...report, posts: [] }, [])).toMatch(/^No post was erased before/)
})
