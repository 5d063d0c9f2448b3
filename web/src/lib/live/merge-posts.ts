interface Identified {
  readonly id: string
}

/** Puts `newer` posts before `older` ones, keeps the first of two posts with the same id, and cuts the list at `length`. */
export function mergePosts<Post extends Identified>(
  newer: readonly Post[],
  older: readonly Post[],
  length: number,
): Post[] {
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
