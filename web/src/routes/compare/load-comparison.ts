import { COVERAGE_FIELDS, HOURLY_FIELDS, query, SUBREDDIT_FIELDS } from '#lib/graphql.ts'
import { withLastReport } from '#lib/last-report.ts'
import type { HourlyCoverage, HourlySeriousness, SubredditSummary } from '#lib/types.ts'

const SUGGESTIONS = 200

export interface Compared extends SubredditSummary {
  readonly hourly: HourlySeriousness[]
  readonly coverage: HourlyCoverage[]
  /** When it was asked for, milliseconds. */
  readonly loadedAtMs: number
}

/** @returns for each name its subreddit, or null where that is not tracked */
export async function loadComparison(
  fetch: typeof globalThis.fetch,
  names: readonly string[],
  signal?: AbortSignal,
): Promise<(Compared | null)[]> {
  if (names.length === 0) return []
  const variables = names.map((_, index) => `$n${index}: String!`).join(', ')
  const fields = names.map(
    (_, index) => `s${index}: subreddit(name: $n${index}) { ${SUBREDDIT_FIELDS} ${HOURLY_FIELDS} ${COVERAGE_FIELDS} }`,
  )
  const values = Object.fromEntries(names.map((name, index) => [`n${index}`, name]))
  const document = `query (${variables}) { ${fields.join(' ')} }`
  const loadedAtMs = Date.now()
  const found = await query<Record<string, Omit<Compared, 'loadedAtMs'> | null>>(fetch, document, values, signal)
  const completed = names.map(async (name, index) => {
    const subreddit = found[`s${index}`]
    if (!subreddit) return null
    return { ...subreddit, coverage: await withLastReport(fetch, name, subreddit.coverage, signal), loadedAtMs }
  })
  return Promise.all(completed)
}

/** Names to choose from: those with most posts. */
export async function loadSuggestions(fetch: typeof globalThis.fetch): Promise<string[]> {
  const document = `{ subreddits(first: ${SUGGESTIONS}) { nodes { name } } }`
  const { subreddits } = await query<{ subreddits: { nodes: { name: string }[] } }>(fetch, document)
  return subreddits.nodes.map(({ name }) => name)
}
