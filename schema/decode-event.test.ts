import { expect, test } from 'vitest'
import { decodeEvent } from './decode-event.ts'
import { hourCovered } from './testing/builders.ts'

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

test('a report belongs under a subject of COVERAGE and nowhere else', () => {
  expect(() => decode(hourCovered(), 'posts.submitted.askscience')).toThrow(/does not belong/)
})
