import { expect, test } from 'vitest'
import { toAddress } from './address.ts'

test('empty parameters are left out of an address', () => {
  expect(toAddress('/subreddits', { search: '', order: undefined })).toBe('/subreddits')
  expect(toAddress('/subreddits', { search: 'a&b ü', order: 'name' })).toBe(
    '/subreddits?search=a%26b+%C3%BC&order=name',
  )
})
