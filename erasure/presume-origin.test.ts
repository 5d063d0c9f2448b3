import { expect, test } from 'vitest'
import { presumeOrigin, readOrigin, type FoundMessage } from './presume-origin.ts'

const storedUtc = 1_764_000_000
const found = (text: string, subject: string, about?: object): FoundMessage => ({
  subject,
  data: Buffer.from(text),
  storedAtMs: storedUtc * 1_000 + 7,
  about: about as FoundMessage['about'],
})
const presume = (...args: Parameters<typeof found>) => presumeOrigin('1abcde', found(...args))

test('an origin is read only when it is valid in an event', () => {
  const origin = { subreddit: 'AskScience', createdUtc: storedUtc - 9 }
  expect(readOrigin('1abcde', { subreddit: 'AskScience', created_utc: storedUtc - 9 })).toEqual(origin)
  expect(readOrigin('1abcde', { subreddit: 'no such name', created_utc: storedUtc })).toBeUndefined()
  expect(readOrigin('1abcde', { subreddit: 'AskScience', created_utc: 7 })).toBeUndefined()
  expect(readOrigin('1abcde', undefined)).toBeUndefined()
})

test('the subreddit that a malformed message names is taken, or else the one in its subject', () => {
  const about = { subreddit: 'Memes', created_utc: String(storedUtc - 9) }
  expect(presume('', 'posts.submitted.askscience', about)).toEqual({
    subreddit: 'Memes',
    createdUtc: storedUtc - 9,
  })
  expect(presume('{"subreddit":"Memes","tit', 'dead.ingest').subreddit).toBe('Memes')
  expect(presume('', 'posts.submitted.askscience', { created_utc: 'today' })).toEqual({
    subreddit: 'askscience',
    createdUtc: storedUtc,
  })
  expect(presume('', 'posts.submitted.?').subreddit).toBe('unknown')
  expect(presume('', 'dead.ingest').subreddit).toBe('unknown')
})
