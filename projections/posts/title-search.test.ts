import { afterAll, expect, test } from 'vitest'
import { projections } from '../testing/all-projections.ts'
import { TestReadModel } from '../testing/replay.ts'
import { PostsQueries } from './queries.ts'
import { TitleSearch } from './title-search.ts'

const model = new TestReadModel(projections.posts)
afterAll(() => model[Symbol.dispose]())
const search = new TitleSearch(model.database)
const matchOf = (words: string): string => search.toQuery(words).match

test('words are searched as beginnings, once each, and eight of them at most', () => {
  expect(matchOf('Größe of planets')).toBe('"größe"* "of"* "planets"*')
  expect(matchOf('the '.repeat(16))).toBe('"the"*')
  expect(matchOf('a b c d e f g h i j')).toBe('"a"* "b"* "c"* "d"* "e"* "f"* "g"* "h"*')
  expect(matchOf('"?*')).toBe('')
})

test('a word with which very many words of the index begin is searched as a whole word', () => {
  // Each word is in one title, so that every page of the index has a hundred words or so.
  const insert = model.database.prepare('INSERT INTO posts VALUES (?, ?, ?, ?, ?, NULL, ?)')
  const index = model.database.prepare('INSERT INTO titles (rowid, title) VALUES (?, ?)')
  model.database.transaction(() => {
    for (let key = 1; key <= 600; key++) {
      const title = Array.from({ length: 60 }, (_, word) => `com${(key * 60 + word).toString(36)}mon`).join(' ')
      insert.run(key, key.toString(36), 'aa', `${title} rare`, key, 'test')
      index.run(key, `${title} rare`)
    }
  })()
  expect(matchOf('com rare')).toBe('"com" "rare"*')
  expect(matchOf('comrsmon')).toBe('"comrsmon"*')
  const page = { model: 'm', order: 'NEWEST', subreddit: undefined, after: undefined, limit: 1_000 } as const
  const queries = new PostsQueries(model.database)
  expect(queries.page({ ...page, search: 'rare' })).toHaveLength(600)
  expect(queries.page({ ...page, search: 'comrsmon rare' })).toHaveLength(1)
})

test('of many frequent words, the rarest are matched in the index and the others in the titles found', () => {
  const words = ['alpha', 'beta', 'gamma', 'delta', 'omega', 'sigma']
  const insert = model.database.prepare('INSERT INTO posts VALUES (?, ?, ?, ?, ?, NULL, ?)')
  const index = model.database.prepare('INSERT INTO titles (rowid, title) VALUES (?, ?)')
  model.database.transaction(() => {
    for (let key = 10_000; key < 60_000; key++) {
      // A title lacks at most one of the words, and a word that is written otherwise is the same word.
      const left = words.filter((_, place) => key % (place + 7) !== 0)
      const title = left.length < 5 ? 'none' : left.join(key % 2 === 0 ? ', ' : 's! ').replace('omega', 'ÓMEGA')
      insert.run(key, key.toString(36), 'bb', title, key, 'test')
      index.run(key, title)
    }
  })()
  const { match, others } = search.toQuery(words.join(' '))
  expect(match.split(' ')).toHaveLength(4)
  expect(others.split(' ')).toHaveLength(2)
  const page = { model: 'm', order: 'NEWEST', subreddit: 'bb', after: undefined, limit: 100_000 } as const
  const found = new PostsQueries(model.database).page({ ...page, search: words.join(' ') }).map(({ key }) => key)
  const expected = model.database
    .prepare('SELECT rowid FROM titles WHERE titles MATCH ? ORDER BY rowid DESC LIMIT 20000')
    .pluck()
    .all(words.map((word) => `"${word}"`).join(' '))
  expect(found.length).toBeGreaterThan(1_000)
  expect(found).toEqual(expected)
})
