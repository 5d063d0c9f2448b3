import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { classOf, groupPairs, readLabels, readPairs } from './labels.ts'

let folder: string
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'gravitas-labels-'))))
afterAll(() => rm(folder, { recursive: true }))

async function file(name: string, text: string): Promise<string> {
  await writeFile(join(folder, name), text)
  return join(folder, name)
}

test('labels are words or numbers, with or without weights, and a later file replaces labels of an earlier one', async () => {
  const one = await file('one.csv', '\uFEFFsubreddit,label\r\nAskScience,serious\r\nmemes,unserious\r\n')
  const two = await file('two.csv', 'subreddit,label,weight\nmemes,0.5,0.2\n')
  const posts = await file('posts.csv', 'id,label\nt3_1ABC,0.8\n')
  const labels = await readLabels([one, two, posts])
  expect([...labels.subreddits]).toEqual([
    ['askscience', { seriousness: 0.97, weight: 1 }],
    ['memes', { seriousness: 0.5, weight: 0.2 }],
  ])
  expect([...labels.posts]).toEqual([['1abc', { seriousness: 0.8, weight: 1 }]])
})

test('cells may be quoted, and have spaces around them', async () => {
  const quoted = await file('quoted.csv', '"subreddit", "label"\n"AskScience", "serious"\n\n memes ,0.1\n')
  const { subreddits } = await readLabels([quoted])
  expect([...subreddits.keys()]).toEqual(['askscience', 'memes'])
})

test('pairs are read in lower case', async () => {
  expect(await readPairs(await file('pairs.csv', 'serious,unserious\nFood,"ShittyFood"\n'))).toEqual([
    ['food', 'shittyfood'],
  ])
  await expect(readPairs(await file('pairs.csv', 'serious,unserious\nfood\n'))).rejects.toThrow(
    /two subreddits.*"food"/,
  )
  await expect(readPairs(await file('pairs.csv', 'a,b\n'))).rejects.toThrow(/expected the header/)
})

test.each([
  ['subreddit,label\nx,"serious\n', /Cannot read .*Quote/],
  ['subreddit,label\nx,maybe\n', /not "x,maybe"/],
  ['subreddit,label\nx,1.5\n', /not "x,1.5"/],
  ['subreddit,label\nx,serious,1\n', /not "x,serious,1"/],
  ['subreddit,label,weight\nx,serious,0\n', /a weight above 0 to 1, not "x,serious,0"/],
  ['subreddit,label,weight\nx,serious\n', /not "x,serious"/],
  ['name,label\n', /expected the header/],
  ['', /expected the header/],
])('refuses %j', async (text, reason) => {
  await expect(readLabels([await file('bad.csv', text)])).rejects.toThrow(reason)
})

test('only clear labels belong to a class', () => {
  const classes = [0, 0.03, 0.1, 0.5, 0.65, 0.95, 1].map((seriousness) => classOf({ seriousness, weight: 1 }))
  expect(classes).toEqual([false, false, false, undefined, undefined, true, true])
  expect(classOf(undefined)).toBeUndefined()
})

test('subreddits that pairs connect, however indirectly, are one group', () => {
  const groupOf = groupPairs([
    ['advice', 'shittyadvice'],
    ['needadvice', 'shittyadvice'],
    ['food', 'shittyfood'],
  ])
  expect(groupOf('advice')).toBe(groupOf('needadvice'))
  expect(groupOf('food')).not.toBe(groupOf('advice'))
  expect(groupOf('elsewhere')).toBe('elsewhere')
})
