import { expect, test } from 'vitest'
import { decodeEvent } from './decode-event.ts'
import { subjectOf, type GravitasEvent } from './events.ts'
import { hourCovered, postErased, postScored, postSubmitted } from './testing/builders.ts'

const STORED_AT_MS = 1_764_080_000_000
const decode = (event: object, subject = 'coverage.reddit') =>
  decodeEvent(Buffer.from(JSON.stringify(event)), subject, STORED_AT_MS)

test('a report about an hour is read as it was written, of all of Reddit and of one subreddit', () => {
  const listing = hourCovered({ subreddit: 'AskScience', expected: null, erased: 0, unknown: 0, coverage: 0.5 })
  for (const event of [hourCovered(), listing]) expect(decode(event)).toEqual(event)
})

test.each([
  ['a time within an hour', { hour_utc: 1_764_072_001 }, /hour_utc/],
  ['an hour before Reddit', { hour_utc: 3_600 }, /hour_utc/],
  ['an hour two days ahead', { hour_utc: 1_764_072_000 + 48 * 3_600 }, /hour_utc is more than a day ahead/],
  ['more than the whole hour', { coverage: 1.01 }, /coverage/],
  ['a negative count', { unknown: -1 }, /unknown/],
  ['half an id', { seen: 0.5 }, /seen/],
  ['more ids than an Int holds', { expected: 2 ** 31 }, /expected/],
  ['no subreddit', { subreddit: undefined }, /subreddit/],
  ['an invalid subreddit', { subreddit: '*' }, /subreddit/],
  ['a source with a dot', { source: 'a.b' }, /source/],
])('%s is refused', (_, wrong, reason) => {
  expect(() => decode({ ...hourCovered(), ...wrong })).toThrow(reason)
})

const promoted = { type: 'ModelPromoted', model: 'serious-4' } as const

test.each<[string, GravitasEvent, string]>([
  ['a report in POSTS', hourCovered(), 'posts.submitted.askscience'],
  ['a report of another source', hourCovered(), 'coverage.rss'],
  ['a post of another subreddit', postSubmitted(), 'posts.submitted.memes'],
  ['a post under a subject in capitals', postSubmitted(), 'posts.submitted.AskScience'],
  ['a post under an erasure', postSubmitted(), 'posts.erased.askscience'],
  ['an erasure of another subreddit', postErased(), 'posts.erased.memes'],
  ['a score of another scoring model', postScored({ model: 'other-9' }), 'scores.serious-4.askscience'],
  ['a score of another subreddit', postScored(), 'scores.serious-1.memes'],
  ['a promotion in SCORES', promoted, 'scores.serious-4.askscience'],
  ['a promotion under another name', promoted, 'models.promoted.askscience'],
])('%s does not belong there', (_, event, subject) => {
  expect(() => decode(event, subject)).toThrow(`does not belong under this subject, but under ${subjectOf(event)}`)
  expect(decode(event, subjectOf(event))).toEqual(event)
})

const longest = { title: 1_000, selftext: 100_000, permalink: 2_000, url: 20_000, link_flair_text: 1_000 }

test.each(Object.entries(longest))('the field %s has at most %d characters', (field, length) => {
  const post = (count: number) => postSubmitted({ [field]: '😀'.repeat(count) })
  expect(decode(post(length), subjectOf(post(length)))).toEqual(post(length))
  expect(() => decode(post(length + 1), subjectOf(post(1)))).toThrow(new RegExp(`^PostSubmitted ${field}: `))
})

test.each(['reddit', 'My_source-2.0', 'x'.repeat(64)])('a post may come from a source with the name %j', (source) => {
  expect(decode(postSubmitted({ source }), subjectOf(postSubmitted()))).toMatchObject({ source })
})

test.each(['', 'a b', 'x\n', 'é', 'x'.repeat(65)])('no post comes from a source with the name %j', (source) => {
  expect(() => decode(postSubmitted({ source }), subjectOf(postSubmitted()))).toThrow(/source/)
})

test.each(['', 'Reddit', 'a b', 'a.b', '-a', 'x\n', 'x'.repeat(33)])('no source with the name %j reports', (source) => {
  expect(() => decode(hourCovered({ source }), 'coverage.x')).toThrow(/source/)
})

test('a reason has a limited length and no line break, whatever the event and its subject are', () => {
  const long = 'x\n'.repeat(10_000)
  const events = [{ type: long }, { ...postSubmitted(), source: long }, { ...postSubmitted(), [long]: 1, id: long }]
  for (const event of [...events, postScored({ subreddit: 'a_b' })]) {
    const error: unknown = (() => {
      try {
        return decode(event, `posts.${long}`)
      } catch (thrown) {
        return thrown
      }
    })()
    expect((error as Error).message).toMatch(/^.{1,150}$/)
  }
})
