import { describe, expect, test } from 'vitest'
import { encodeEvent } from '../../schema/events.ts'
import { postErased, postScored, postSubmitted } from '../../schema/testing/builders.ts'
import { DEAD, POSTS, SCORES } from '../../schema/subjects.ts'
import { readMentions, toPostId } from './read-mentions.ts'

const wanted = new Set(['1abcde', '2abcde'])
const idsIn = (stream: typeof POSTS | typeof SCORES | typeof DEAD, data: string, subject = 'any'): string[] =>
  readMentions({ stream, subject, data: Buffer.from(data), storedAtMs: Date.now() }, wanted).map(({ id }) => id)

describe('a message is of a post', () => {
  test.each([
    ['submission', POSTS, encodeEvent(postSubmitted())],
    ['score', SCORES, encodeEvent(postScored())],
    ['escaped id', POSTS, String.raw`{"id":"\u0031abcde"}`],
    ['id in capitals, with its prefix', POSTS, '{"id":"T3_1ABCDE"}'],
    ['bytes that are cut off', POSTS, '{"title":"x","id" : "1abcde","selftext":"and so o'],
    ['dead letter of a source', DEAD, '{"name":"t3_1abcde"}'],
    ['dead letter of an event', DEAD, '{"type":"PostScored","post_id":"1abcde"'],
  ] as const)('%s', (_, stream, data) => expect(idsIn(stream, data)).toEqual(['1abcde']))

  test.each([
    ['another post', POSTS, encodeEvent(postSubmitted({ id: 'other', title: '1abcde "id":"1abcde"' }))],
    ['an id that only begins like it', DEAD, '{"id":"1abcdef"}'],
    ['a list', POSTS, '["1abcde"]'],
    ['nothing', DEAD, ''],
    ['a number', SCORES, '7'],
  ] as const)('not: %s', (_, stream, data) => expect(idsIn(stream, data)).toEqual([]))

  test('a letter that carries another post is of both', () => {
    const crosspost = JSON.stringify({ id: '1abcde', crosspost_parent_list: [{ id: '2abcde' }, { id: '2abcde' }] })
    expect(idsIn(DEAD, crosspost)).toEqual(['1abcde', '2abcde'])
  })
})

test('only a valid PostErased under the erasures’ subject says that a post is erased', () => {
  const erasureIn = (event: object, subject: string) =>
    readMentions(
      { stream: POSTS, subject, data: Buffer.from(JSON.stringify(event)), storedAtMs: Date.now() },
      wanted,
    )[0]?.erasure
  expect(erasureIn(postErased(), 'posts.erased.askscience')).toEqual(postErased())
  expect(erasureIn(postErased(), 'posts.submitted.askscience')).toBeUndefined()
  expect(erasureIn(postSubmitted(), 'posts.erased.askscience')).toBeUndefined()
  expect(erasureIn({ type: 'PostErased', post_id: '1abcde' }, 'posts.erased.askscience')).toBeUndefined()
})

test.each([
  ['1abcde', '1abcde'],
  [' T3_1ABCDE ', '1abcde'],
  ['t1_1abcde', undefined],
  ['', undefined],
  ['12345678901', undefined],
  [7, undefined],
])('%j as a post id is %j', (value, id) => expect(toPostId(value)).toBe(id))
