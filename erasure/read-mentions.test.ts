import { describe, expect, test } from 'vitest'
import { encodeEvent } from '../schema/events.ts'
import { postErased, postScored, postSubmitted } from '../schema/testing/builders.ts'
import { DEAD, POSTS, SCORES } from '../schema/streams.ts'
import { readMentions, type TracedMessage } from './read-mentions.ts'

const wanted = new Set(['1abcde', '2abcde'])
const SUBJECTS = { POSTS: 'posts.submitted.askscience', SCORES: 'scores.serious-1.askscience', DEAD: 'dead.ingest' }
const read = (stream: TracedMessage['stream'], data: string | Buffer, subject: string = SUBJECTS[stream]) =>
  readMentions({ stream, subject, data: Buffer.from(data), storedAtMs: Date.now() }, wanted)
const idsIn = (...args: Parameters<typeof read>): string[] => read(...args).map(({ id }) => id)

const LINK = 'https://www.reddit.com/r/AskScience/comments/1abcde/why/'
const other = (fields: object = {}): string => JSON.stringify({ ...postSubmitted({ id: 'other' }), ...fields })

describe('a message is about a post', () => {
  test.each([
    ['submission', POSTS, encodeEvent(postSubmitted())],
    ['score', SCORES, encodeEvent(postScored())],
    ['escaped id', POSTS, String.raw`{"id":"\u0031abcde"}`],
    ['id in capitals, with its prefix', POSTS, '{"id":"T3_1ABCDE"}'],
    ['id in one field, while the other field has another id', POSTS, '{"post_id":"other","id":"1abcde"}'],
    ['submission under another subject', SCORES, encodeEvent(postSubmitted())],
    ['list of events', POSTS, JSON.stringify([postSubmitted({ id: 'other' }), postSubmitted()])],
    ['event within a field', POSTS, JSON.stringify({ kind: 't3', data: { ID: '1abcde' } })],
    ['event within a text', POSTS, JSON.stringify(encodeEvent(postSubmitted()))],
    ['crosspost that contains the original', POSTS, other({ crosspost_parent_list: [{ name: 't3_1abcde' }] })],
    ['score with a stray id', SCORES, JSON.stringify({ ...postScored({ post_id: 'other' }), id: '1abcde' })],
    [
      'erasure with an extra field',
      POSTS,
      JSON.stringify({ ...postErased({ post_id: 'other' }), was: { id: '1abcde' } }),
    ],
    ['address alone', POSTS, JSON.stringify({ title: 'x', permalink: '/r/AskScience/comments/1ABCDE/why/' })],
    ['link alone', POSTS, JSON.stringify({ title: 'x', url: LINK })],
    ['incomplete JSON', POSTS, '{"title":"x","id" : "1abcde","selftext":"and so o'],
    ['incomplete JSON with an address', POSTS, `{"title":"x","permalink":"${LINK}","selftext":"and so o`],
    ['text that is not JSON', POSTS, '<entry><id>t3_1abcde</id></entry>'],
    ['dead letter of a source', DEAD, '{"name":"t3_1abcde"}'],
    ['dead letter of an event', DEAD, '{"type":"PostScored","post_id":"1abcde"'],
    ['dead letter that has two ids', DEAD, '{"id":"1abcde","title":"x","id":"other"}'],
  ] as const)('%s', (_, stream, data) => expect(idsIn(stream, data)).toEqual(['1abcde']))

  test.each([
    ['another post', POSTS, encodeEvent(postSubmitted({ id: 'other', title: '1abcde "id":"1abcde"' }))],
    ['another post that links to it', POSTS, other({ url: LINK, permalink: LINK, selftext: LINK })],
    ['another post, malformed, that links to it', POSTS, JSON.stringify({ id: 'other', url: LINK })],
    ['another post in DEAD that links to it', DEAD, other({ url: LINK })],
    ['an author name that looks like the id', POSTS, other({ author: { name: '1abcde' } })],
    ['an id that begins in the same way', DEAD, '{"id":"1abcdef"}'],
    ['a list', POSTS, '["1abcde"]'],
    ['nothing', DEAD, ''],
    ['a number', SCORES, '7'],
  ] as const)('not: %s', (_, stream, data) => expect(idsIn(stream, data)).toEqual([]))

  test('a dead letter that holds another post is about both', () => {
    const crosspost = JSON.stringify({ id: '1abcde', crosspost_parent_list: [{ id: '2abcde' }, { id: '2abcde' }] })
    expect(idsIn(DEAD, crosspost).sort()).toEqual(['1abcde', '2abcde'])
  })

  test('JSON that is nested deeper than the stack is searched', () => {
    const depth = 200_000
    expect(idsIn(POSTS, `${'['.repeat(depth)}{"id":"1abcde"}${']'.repeat(depth)}`)).toEqual(['1abcde'])
  })
})

test('the post of an event that holds another post is named if read models count it', () => {
  const parent = { crosspost_parent_list: [{ id: '1abcde' }] }
  const carriers = (...args: Parameters<typeof read>) => read(...args).map(({ carrier }) => carrier)
  expect(carriers(POSTS, other(parent))).toEqual(['other'])
  expect(carriers(SCORES, JSON.stringify({ ...postScored({ post_id: 'other' }), ...parent }))).toEqual(['other'])
  expect(carriers(DEAD, other(parent))).toEqual([undefined])
  expect(carriers(POSTS, other(parent), 'posts.erased.askscience')).toEqual([undefined])
  expect(carriers(POSTS, other({ ...parent, title: 7 }))).toEqual([undefined])
})

test('only a valid PostErased under the erasures’ subject says that a post is erased', () => {
  const erasureIn = (event: object, subject: string) => read(POSTS, JSON.stringify(event), subject)[0]?.erasure
  expect(erasureIn(postErased(), 'posts.erased.askscience')).toEqual(postErased())
  expect(erasureIn(postErased(), 'posts.submitted.askscience')).toBeUndefined()
  expect(erasureIn(postSubmitted(), 'posts.erased.askscience')).toBeUndefined()
  expect(erasureIn({ type: 'PostErased', post_id: '1abcde' }, 'posts.erased.askscience')).toBeUndefined()
  const inLatin1 = Buffer.from(JSON.stringify(postErased({ reason: 'gelöscht' })), 'latin1')
  expect(read(POSTS, inLatin1, 'posts.erased.askscience')).toMatchObject([{ id: '1abcde', erasure: undefined }])
})
