import { expect, test } from 'vitest'
import type { Post } from '../types.ts'
import { mergePosts } from './merge-posts.ts'

const post = (id: string): Post => ({
  id,
  subreddit: 'AskScience',
  title: id,
  createdAt: '2026-11-20T13:00:00Z',
  permalink: null,
  seriousness: 0.5,
})
const ids = (posts: readonly Post[]): string[] => posts.map(({ id }) => id)

test('a post that arrives twice is shown once, at its newer place', () => {
  expect(ids(mergePosts([post('c'), post('b')], [post('b'), post('a')], 9))).toEqual(['c', 'b', 'a'])
  expect(ids(mergePosts([post('b'), post('b')], [], 9))).toEqual(['b'])
})

test('a list stays as long as it may be', () => {
  expect(ids(mergePosts([post('c')], [post('b'), post('a')], 2))).toEqual(['c', 'b'])
})
