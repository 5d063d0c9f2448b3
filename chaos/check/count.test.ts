import { beforeAll, expect, test } from 'vitest'
import { hourCovered, postScored, postSubmitted } from '../../schema/testing/builders.ts'
import { History } from '../load/history.ts'
import { countLoad } from './count.ts'

const AT = { created_utc: 1_764_003_700 }
const HOUR = '2025-11-24T17:00:00Z'
let empty: History
let model: string

beforeAll(async () => {
  empty = await History.create()
  model = empty.model.name
})

const view = async (history: History, name: string): Promise<unknown[]> =>
  (await countLoad(history))[name]!.map((row) => JSON.parse(row) as unknown)

test('the first copy of a post counts, once', async () => {
  const history = await History.create()
  const post = postSubmitted({ id: 'a1', subreddit: 'AskScience', title: 'first', ...AT })
  for (const copy of [post, post, { ...post, title: 'second', subreddit: 'Memes' }])
    history.add({ kind: 'post', post: copy })
  const seriousness = (await history.score([post])).get(post)
  expect(await view(history, 'posts_view')).toEqual([
    { id: 'a1', subreddit: 'AskScience', title: 'first', ...AT, model, seriousness },
  ])
  expect(await view(history, 'hourly_view')).toEqual([
    { subreddit: 'AskScience', hour: HOUR, model, posts: 1, seriousness },
  ])
})

test('an erased post counts nowhere, whenever it was erased', async () => {
  const history = await History.create()
  history.add({ kind: 'post', post: postSubmitted({ id: 'a1' }) })
  history.add({ kind: 'erasure', id: 'a1' })
  history.add({ kind: 'post', post: postSubmitted({ id: 'a1' }) })
  history.add({ kind: 'score', score: postScored({ post_id: 'a1', model: 'other-1' }) })
  expect(await countLoad(history)).toEqual({ posts_view: [], hourly_view: [], all_time_view: [], coverage_view: [] })
})

test('a lost post has no row, a lost score is not counted', async () => {
  const history = await History.create()
  for (const id of ['a1', 'a2']) history.add({ kind: 'post', post: postSubmitted({ id }) })
  history.add({ kind: 'post lost', id: 'a1' })
  history.add({ kind: 'score lost', id: 'a2' })
  expect(await view(history, 'posts_view')).toMatchObject([{ id: 'a2', seriousness: null }])
  expect(await view(history, 'all_time_view')).toMatchObject([{ posts: 1 }])
})

test('a subreddit has the spelling of most scores, and coverage is that of the last report', async () => {
  const history = await History.create()
  const spellings = ['memes', 'Memes', 'MEMES', 'Memes']
  for (const [index, subreddit] of spellings.entries()) {
    history.add({ kind: 'post', post: postSubmitted({ id: `a${index}`, subreddit }) })
  }
  for (const seen of [5, 7]) history.add({ kind: 'coverage', report: hourCovered({ subreddit: 'memes', seen }) })
  expect(await view(history, 'all_time_view')).toMatchObject([{ subreddit: 'Memes', posts: 4 }])
  expect(await view(history, 'coverage_view')).toMatchObject([{ subreddit: 'Memes', seen: 7 }])
})
