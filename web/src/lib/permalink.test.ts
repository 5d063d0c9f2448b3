import { expect, test } from 'vitest'
import { toRedditUrl } from './permalink.ts'

test('only valid permalinks become links', () => {
  expect(toRedditUrl('/r/AskScience/comments/1abcde/why/')).toBe(
    'https://www.reddit.com/r/AskScience/comments/1abcde/why/',
  )
  for (const permalink of [null, '', '/r/AskScience', '//evil.example/r/a/comments/1', 'javascript:alert(1)', '@evil'])
    expect(toRedditUrl(permalink)).toBeUndefined()
})
