import { expect, test } from 'vitest'
import { findPosts, toPostId } from './find-posts.ts'

test('finds each post with the first object that states its id', () => {
  const first = { id: 't3_1ABCDE', subreddit: 'AskScience' }
  const json = { kind: 'Listing', data: { children: [{ data: first }, { post_id: '1abcde' }, { id: 'other' }] } }
  const found = findPosts(json)
  expect([...found.keys()].sort()).toEqual(['1abcde', 'other'])
  expect(findPosts([first]).get('1abcde')).toBe(first)
})

test.each([
  ['1abcde', '1abcde'],
  [' T3_1ABCDE ', '1abcde'],
  [123_456, '123456'],
  ['t1_1abcde', undefined],
  ['', undefined],
  ['12345678901', undefined],
  [1.5, undefined],
  [null, undefined],
])('%j as a post id is %j', (value, id) => expect(toPostId(value)).toBe(id))
