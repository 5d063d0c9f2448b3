import { describe, expect, test } from 'vitest'
import { MAX_SELFTEXT_LENGTH, MAX_TITLE_LENGTH } from '../schema/post-limits.ts'
import { toPostEvent, wasDeletedLater } from './to-post-event.ts'

const NOW_MS = Date.UTC(2026, 0, 1)
const submission = (more: object = {}): object => ({
  id: '1abcde',
  subreddit: 'AskScience',
  title: 'Why does ice float?',
  created_utc: 1_364_000_000,
  author: 'somebody',
  score: 17,
  ...more,
})
const convert = (more: object = {}) => toPostEvent(submission(more), 'dump', NOW_MS)

describe('toPostEvent', () => {
  test('keeps only known fields, and never the author', () => {
    expect(convert({ url: 'https://example.org', over_18: true, is_self: false })).toEqual({
      type: 'PostSubmitted',
      id: '1abcde',
      subreddit: 'AskScience',
      title: 'Why does ice float?',
      selftext: null,
      created_utc: 1_364_000_000,
      permalink: null,
      url: 'https://example.org',
      is_self: false,
      over_18: true,
      link_flair_text: null,
      source: 'dump',
    })
  })

  test.each([['1364000000'], ['1364000000.0'], [1_364_000_000.9]])('accepts created_utc %j', (created_utc) => {
    expect(convert({ created_utc }).created_utc).toBe(1_364_000_000)
  })

  test('keeps [deleted] as the text of a deleted post', () => {
    expect(convert({ selftext: '[deleted]' }).selftext).toBe('[deleted]')
  })

  test('cuts texts to the limits of the schema, and never within a character', () => {
    expect(convert({ title: 'x'.repeat(50_000) }).title).toHaveLength(MAX_TITLE_LENGTH)
    expect(convert({ selftext: 'x'.repeat(200_000) }).selftext).toHaveLength(MAX_SELFTEXT_LENGTH)
    const title = `${'x'.repeat(MAX_TITLE_LENGTH - 1)}😀`
    expect(convert({ title }).title).toBe('x'.repeat(MAX_TITLE_LENGTH - 1))
  })

  test('accepts a full name (t3_…) as an id, and drops optional fields of the wrong type', () => {
    expect(convert({ id: 't3_1ABCDE', is_self: 'yes', permalink: 7, url: 'x'.repeat(30_000) })).toMatchObject({
      id: '1abcde',
      is_self: null,
      permalink: null,
      url: null,
    })
  })

  test.each([[7], [true], [['a', 'flair']], [{ text: 'a flair' }]])(
    'drops %j as the value of an optional field',
    (value) => {
      const fields = ['selftext', 'permalink', 'url', 'is_self', 'over_18', 'link_flair_text']
      for (const field of fields.filter((name) => value !== true || !/^(is_|over_)/.test(name))) {
        expect(convert({ [field]: value })).toMatchObject({ id: '1abcde', [field]: null })
      }
    },
  )

  test.each([
    ['no title', { title: undefined }, /title/],
    ['a title that is a number', { title: 7 }, /title/],
    ['no subreddit', { subreddit: null }, /subreddit/],
    ['an invalid id', { id: 'not an id' }, /id/],
    ['a time before Reddit', { created_utc: 5 }, /created_utc/],
    ['an invalid time', { created_utc: 'yesterday' }, /created_utc/],
    ['a time in the future', { created_utc: NOW_MS / 1_000 + 100_000 }, /ahead/],
  ])('refuses %s', (_, more, reason) => {
    expect(() => convert(more)).toThrow(reason)
  })

  test.each([[null], [[]], ['text'], [7]])('refuses %j', (value) => {
    expect(() => toPostEvent(value, 'dump', NOW_MS)).toThrow('not a JSON object')
  })
})

test('wasDeletedLater reads the field of the dump that says so', () => {
  expect(wasDeletedLater(submission({ _meta: { was_deleted_later: true } }))).toBe(true)
  expect(wasDeletedLater(submission({ _meta: { was_deleted_later: false } }))).toBe(false)
  expect(wasDeletedLater(submission())).toBe(false)
  expect(wasDeletedLater(null)).toBe(false)
})
