import { afterAll, expect, test } from 'vitest'
import { projections } from '../testing/all-projections.ts'
import { TestReadModel } from '../testing/replay.ts'
import { PostsQueries } from './queries.ts'
import { TitleSearch } from './title-search.ts'

const model = new TestReadModel(projections.posts)
afterAll(() => model[Symbol.dispose]())
const search = new TitleSearch(model.database)

test('words are searched as beginnings, once each, and eight of them at most', () => {
  expect(search.toMatch('Größe of planets')).toBe('"größe"* "of"* "planets"*')
  expect(search.toMatch('the '.repeat(16))).toBe('"the"*')
  expect(search.toMatch('a b c d e f g h i j')).toBe('"a"* "b"* "c"* "d"* "e"* "f"* "g"* "h"*')
  expect(search.toMatch('"?*')).toBe('')
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
  expect(search.toMatch('com rare')).toBe('"com" "rare"*')
  expect(search.toMatch('comrsmon')).toBe('"comrsmon"*')
  const page = { model: 'm', order: 'NEWEST', subreddit: undefined, after: undefined, limit: 1_000 } as const
  const queries = new PostsQueries(model.database)
  expect(queries.page({ ...page, search: 'rare' })).toHaveLength(600)
  expect(queries.page({ ...page, search: 'comrsmon rare' })).toHaveLength(1)
})
