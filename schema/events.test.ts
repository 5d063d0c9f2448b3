import { expect, test } from 'vitest'
import { encodeEvent, EVENT_TYPES, subjectPattern, subjectPrefix, toMessage } from './events.ts'
import { hourCovered, postErased, postScored, postSubmitted } from './testing/builders.ts'

test.each([
  [postSubmitted(), 'posts.submitted.askscience', 'post:1abcde'],
  [postErased(), 'posts.erased.askscience', 'erased:1abcde'],
  [postScored(), 'scores.serious-1.askscience', 'score:serious-1:1abcde'],
])('%o becomes a message that can be published again without harm', (event, subject, messageId) => {
  expect(toMessage(event)).toEqual({ subject, messageId, payload: encodeEvent(event) })
})

test('each report about an hour and each promotion is a message of its own', () => {
  const event = hourCovered({ subreddit: 'AskScience' })
  const [first, second] = [toMessage(event), toMessage(event)]
  expect(first).toMatchObject({ subject: 'coverage.reddit', payload: encodeEvent(event) })
  expect(first.messageId).toMatch(/^coverage:reddit:askscience:1764072000:\w+$/)
  expect(second.messageId).not.toBe(first.messageId)
  expect(toMessage(hourCovered()).messageId).toMatch(/^coverage:reddit:\*:1764072000:\w+$/)
  const promoted = { type: 'ModelPromoted', model: 'serious-1' } as const
  expect(toMessage(promoted)).toMatchObject({ subject: 'models.promoted' })
  expect(toMessage(promoted).messageId).not.toBe(toMessage(promoted).messageId)
})

test('the subjects of two types never overlap', () => {
  expect(EVENT_TYPES.map((type) => subjectPattern(type))).toEqual([
    'posts.submitted.*',
    'posts.erased.*',
    'scores.*.*',
    'models.promoted',
    'coverage.*',
  ])
  const prefixes = EVENT_TYPES.map((type) => subjectPrefix(type))
  for (const one of prefixes) expect(prefixes.filter((other) => other.startsWith(one))).toEqual([one])
})
