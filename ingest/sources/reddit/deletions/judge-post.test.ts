import { expect, test } from 'vitest'
import { whyGone } from './judge-post.ts'

test.each([
  ['as it was', {}, undefined],
  ['without a text', { selftext: '' }, undefined],
  ['a text that only speaks of it', { selftext: 'they were [removed]' }, undefined],
  ['its author deleted it', { author: '[deleted]', selftext: '[deleted]' }, 'deleted by its author'],
  ['a link whose author deleted it', { author: '[deleted]', selftext: '' }, 'deleted by its author'],
  ['said in a word', { removed_by_category: 'deleted' }, 'deleted by its author'],
  ['a moderator removed it', { selftext: '[removed]', removed_by_category: 'moderator' }, 'removed by a moderator'],
  ['removed, and its author is gone', { author: '[deleted]', selftext: '[removed]' }, 'removed by a moderator'],
  ['Reddit removed it', { removed_by_category: 'content_takedown' }, 'removed by a moderator'],
  ['a filter took it back', { removed_by_category: 'automod_filtered' }, 'removed by a moderator'],
])('%s', (_, more, reason) => {
  const data = { author: 'somebody', selftext: 'a text', removed_by_category: null, ...more }
  expect(whyGone({ id: '1', createdUtc: 0, data })).toBe(reason)
})
