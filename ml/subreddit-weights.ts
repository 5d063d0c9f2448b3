const MAX_SUBREDDIT_WEIGHT = 10

interface OfSubreddit {
  readonly subreddit: string
}

/** How many posts each subreddit has. */
export function subredditSizes(posts: readonly OfSubreddit[]): Map<string, number> {
  const sizes = new Map<string, number>()
  for (const { subreddit } of posts) sizes.set(subreddit, (sizes.get(subreddit) ?? 0) + 1)
  return sizes
}

/** A weight for each subreddit, so that all weigh the same; tiny ones less, whose few posts are mostly noise. */
export function subredditWeights(posts: readonly OfSubreddit[]): Map<string, number> {
  const sizes = subredditSizes(posts)
  const mean = posts.length / sizes.size
  return new Map([...sizes].map(([subreddit, size]) => [subreddit, Math.min(MAX_SUBREDDIT_WEIGHT, mean / size)]))
}
