import type { Post } from '../types.ts'

/** `newer` before `older`, each post once, no more than `length`. */
export function mergePosts(newer: readonly Post[], older: readonly Post[], length: number): Post[] {
  const seen = new Set<string>()
  const merged: Post[] = []
  for (const post of [...newer, ...older]) {
    if (merged.length === length) break
    if (seen.has(post.id)) continue
    seen.add(post.id)
    merged.push(post)
  }
  return merged
}
