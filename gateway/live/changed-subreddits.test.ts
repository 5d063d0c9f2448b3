import { afterEach, beforeEach, expect, test } from 'vitest'
import type { ChangeNotice } from '../../schema/read-models.ts'
import { silent, TestGateway } from '../testing/test-gateway.ts'
import { ChangedSubreddits } from './changed-subreddits.ts'

const NOW = Math.floor(Date.now() / 1_000)
let gateway: TestGateway
let subreddits: ChangedSubreddits
beforeEach(() => {
  gateway = new TestGateway()
  add('0', 'first')
  const { models, reads, shown } = gateway.context
  subreddits = new ChangedSubreddits({ models, reads, shown, logger: silent })
})
afterEach(() => {
  subreddits.end()
  gateway[Symbol.dispose]()
})

const add = (id: string, subreddit: string): void =>
  gateway.files.add({ id, subreddit, createdUtc: NOW, seriousness: 5 })
const notify = (notice: Partial<ChangeNotice>): void =>
  subreddits.onNotice({ projection: 'all-time', fileId: '', before: {}, checkpoints: {}, subreddits: [], ...notice })
async function nextNames(feed: ReturnType<ChangedSubreddits['open']>): Promise<string[]> {
  const { value } = await feed.next()
  return value!.map(({ row }) => row.name).sort()
}

test('the notice after a lost one shows at once what the lost one announced', async () => {
  const feed = subreddits.open(undefined)
  notify({ before: {}, checkpoints: { SCORES: 1 } })
  add('1', 'lost')
  add('2', 'found')
  notify({ before: { SCORES: 2 }, checkpoints: { SCORES: 3 }, subreddits: ['found'] })
  expect(await nextNames(feed)).toEqual(['found', 'lost'])
})

test('after a lost notice of the hours, the subreddits that subscribers name are sent', async () => {
  add('1', 'named')
  add('2', 'other')
  const feed = subreddits.open(new Set(['named']))
  notify({ projection: 'hourly', before: { COVERAGE: 1 }, checkpoints: { COVERAGE: 2 } })
  expect(await nextNames(feed)).toEqual(['named'])
})

test('after a notice of more subreddits than it can name, all that changed are sent', async () => {
  const feed = subreddits.open(undefined)
  add('1', 'one')
  add('2', 'two')
  notify({ checkpoints: { SCORES: 2 }, subreddits: null })
  expect(await nextNames(feed)).toEqual(['one', 'two'])
})

test('the change notices of another host are left out', async () => {
  gateway.files.allTime.exec(`INSERT INTO meta (name, value) VALUES ('file_id', 'own')`)
  const feed = subreddits.open(undefined)
  add('1', 'foreign')
  add('2', 'own')
  notify({ fileId: 'other', before: { SCORES: 7 }, subreddits: ['foreign'] })
  notify({ fileId: 'own', before: {}, subreddits: ['own'] })
  expect(await nextNames(feed)).toEqual(['own'])
})
