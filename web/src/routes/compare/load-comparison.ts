import { ComparisonDocument, SuggestionsDocument, type ComparedSubredditFragment } from '#lib/generated/documents.ts'
import { query } from '#lib/graphql.ts'
import { withLastReport } from '#lib/last-report.ts'

export type Compared = ComparedSubredditFragment & {
  /** When the request was sent, milliseconds. */
  readonly loadedAtMs: number
}

/** Loads up to four subreddits in one request. @returns for each name its subreddit, or null when it is not tracked */
export async function loadComparison(
  fetch: typeof globalThis.fetch,
  names: readonly string[],
  signal?: AbortSignal,
): Promise<(Compared | null)[]> {
  if (names.length === 0) return []
  const [first = '', second = '', third = '', fourth = ''] = names
  const loadedAtMs = Date.now()
  const found = await query(fetch, ComparisonDocument, { first, second, third, fourth }, signal)
  const subreddits = [found.first, found.second, found.third, found.fourth]
  const completed = names.map(async (name, index): Promise<Compared | null> => {
    const subreddit = subreddits[index]
    if (!subreddit) return null
    return { ...subreddit, coverage: await withLastReport(fetch, name, subreddit.coverage, signal), loadedAtMs }
  })
  return Promise.all(completed)
}

/** Loads names to choose from. */
export async function loadSuggestions(fetch: typeof globalThis.fetch): Promise<string[]> {
  const { subreddits } = await query(fetch, SuggestionsDocument, {})
  return subreddits.nodes.map(({ name }) => name)
}
