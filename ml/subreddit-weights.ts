const MAX_SUBREDDIT_WEIGHT = 10

interface OfSubreddit {
  readonly subreddit: string
}

/** Counts the posts of each subreddit. */
export function subredditSizes(posts: readonly OfSubreddit[]): Map<string, number> {
  const sizes = new Map<string, number>()
  for (const { subreddit } of posts) sizes.set(subreddit, (sizes.get(subreddit) ?? 0) + 1)
  return sizes
}

/**
 * The weights of subreddits. All have the same weight, except tiny ones, which have less because few posts are mostly
 * noise.
 */
export function subredditWeights(posts: readonly OfSubreddit[]): Map<string, number> {
  const sizes = subredditSizes(posts)
  const mean = posts.length / sizes.size
  return new Map([...sizes].map(([subreddit, size]) => [subreddit, Math.min(MAX_SUBREDDIT_WEIGHT, mean / size)]))
}
