import { expect, test } from 'vitest'
import { toAddress } from './address.ts'

test('an address says what is not said anyway', () => {
  expect(toAddress('/subreddits', { search: '', order: undefined })).toBe('/subreddits')
  expect(toAddress('/subreddits', { search: 'a&b ü', order: 'name' })).toBe(
    '/subreddits?search=a%26b+%C3%BC&order=name',
  )
})
