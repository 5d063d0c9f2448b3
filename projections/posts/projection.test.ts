import { expect, test } from 'vitest'
import { postErased, postScored, postSubmitted } from '../../schema/testing/builders.ts'
import { given } from '../testing/given.ts'
import { TestReadModel, toLog } from '../testing/replay.ts'
import { projection as posts } from './projection.ts'
import { postsQueries } from './queries.ts'

const VIEW = 'SELECT id, title, model, seriousness FROM posts_view ORDER BY id, model'

test('a post is shown with the score of each scoring model, and also before it has a score', () => {
  expect(
    given(posts, postSubmitted({ title: 'Why?' }), postSubmitted({ id: 'unscored', title: 'Ha' }))
      .when(postScored({ seriousness: 0.5 }), postScored({ model: 'serious-2', seriousness: 0.25 }))
      .rows(VIEW),
  ).toEqual([
    { id: '1abcde', title: 'Why?', model: 'serious-1', seriousness: 0.5 },
    { id: '1abcde', title: 'Why?', model: 'serious-2', seriousness: 0.25 },
    { id: 'unscored', title: 'Ha', model: null, seriousness: null },
  ])
})

test('a score may come before its post', () => {
  expect(
    given(posts, postScored({ seriousness: 0.5 }))
      .when(postSubmitted({ title: 'Why?' }))
      .rows(VIEW),
  ).toEqual([{ id: '1abcde', title: 'Why?', model: 'serious-1', seriousness: 0.5 }])
})

test('the posts of each source are counted without the erased ones', () => {
  expect(
    given(
      posts,
      postSubmitted({ source: 'rss' }),
      postSubmitted({ id: 'b', source: 'rss' }),
      postSubmitted({ id: 'c' }),
    )
      .when(postErased({ post_id: 'c' }), postErased({ post_id: 'b' }))
      .rows('SELECT * FROM sources'),
  ).toEqual([{ source: 'rss', posts: 1 }])
})

test('the sources with the most posts are listed, however many there are, and all posts are counted', () => {
  const submitted = Array.from({ length: 300 }, (_, index) => {
    return postSubmitted({ id: index.toString(36), source: `source-${index >> 1}` })
  })
  using model = new TestReadModel(posts)
  model.commit(toLog([...submitted, postSubmitted({ id: 'zz', source: 'source-7' }), postErased({ post_id: '0' })]))
  const queries = postsQueries.prepare(model.database)
  expect([queries.count(), queries.sources().length]).toEqual([300, 100])
  expect(queries.sources()[0]).toEqual({ source: 'source-7', posts: 3 })
})

test('an erased post and its scores do not come back', () => {
  expect(
    given(posts, postSubmitted(), postScored())
      .when(postErased(), postSubmitted(), postScored({ model: 'serious-2' }))
      .rows(VIEW),
  ).toEqual([])
  expect(given(posts, postErased()).when(postScored()).rows('SELECT key FROM scores')).toEqual([])
})

test('a transaction takes a limited number of erasures, and the next transaction continues behind them', () => {
  using model = new TestReadModel({ ...posts, batchLimits: { PostErased: 2 } })
  const ids = ['a', 'b', 'c']
  const log = toLog([...ids.map((id) => postSubmitted({ id })), ...ids.map((id) => postErased({ post_id: id }))])
  expect(model.commit(log)).toMatchObject({ applied: 5, positions: { POSTS: 5 } })
  expect(model.database.prepare('SELECT id FROM posts_view').pluck().all()).toEqual(['c'])
  expect(model.commit(log)).toMatchObject({ applied: 1, positions: { POSTS: 6 } })
  expect(model.database.prepare('SELECT id FROM posts_view').pluck().all()).toEqual([])
})

test('an erased title leaves the full-text index and the file', () => {
  using model = new TestReadModel(posts)
  model.write(toLog([postSubmitted({ title: 'xylophonequartz' }), postErased()]))
  expect(model.database.prepare("SELECT rowid FROM titles WHERE titles MATCH 'xylophonequartz'").all()).toEqual([])
  model.database.exec("INSERT INTO titles (titles, rank) VALUES ('integrity-check', 1)")
})
