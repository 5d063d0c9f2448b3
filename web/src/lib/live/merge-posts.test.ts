import { expect, test } from 'vitest'
import { mergePosts } from './merge-posts.ts'

const merge = (newer: string, older: string, length: number): string => {
  const [newerPosts, olderPosts] = [newer, older].map((ids) => Array.from(ids, (id) => ({ id })))
  return mergePosts(newerPosts!, olderPosts!, length)
    .map(({ id }) => id)
    .join('')
}

test('a post that arrives twice is shown once, at its newer place', () => {
  expect(merge('cb', 'ba', 9)).toBe('cba')
  expect(merge('bb', '', 9)).toBe('b')
})

test('a merged list is cut at the given length', () => {
  expect(merge('c', 'ba', 2)).toBe('cb')
})
