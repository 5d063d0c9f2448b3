import { expect, test } from 'vitest'
import { deletionReason } from './deletion-reason.ts'

test.each([
  ['an unchanged post', {}, undefined],
  ['a post without a text', { selftext: '' }, undefined],
  ['a text that only mentions a removal', { selftext: 'they were [removed]' }, undefined],
  ['a post that its author deleted', { author: '[deleted]', selftext: '[deleted]' }, 'deleted by its author'],
  ['a link whose author deleted it', { author: '[deleted]', selftext: '' }, 'deleted by its author'],
  ['the category says that its author deleted it', { removed_by_category: 'deleted' }, 'deleted by its author'],
  [
    'a post that a moderator removed',
    { selftext: '[removed]', removed_by_category: 'moderator' },
    'removed by a moderator',
  ],
  [
    'a removed post whose author deleted the account',
    { author: '[deleted]', selftext: '[removed]' },
    'removed by a moderator',
  ],
  ['a post that Reddit removed', { removed_by_category: 'content_takedown' }, 'removed by a moderator'],
  ['a post that a filter removed', { removed_by_category: 'automod_filtered' }, 'removed by a moderator'],
])('%s', (_, more, reason) => {
  const data = { author: 'somebody', selftext: 'a text', removed_by_category: null, ...more }
  expect(deletionReason({ id: '1', createdUtc: 0, data })).toBe(reason)
})
