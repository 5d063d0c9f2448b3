import { COVERAGE_FIELDS, query } from './graphql.ts'
import type { HourlyCoverage } from './types.ts'

/** Longer than any stop that somebody means to end. */
const LOOKBACK_MS = 35 * 24 * 3_600_000

/**
 * Where a week has no report on a subreddit, the last one before it, if there is any: a source that has been down for longer
 * than a week must not look like silence.
 */
export async function withLastReport(
  fetch: typeof globalThis.fetch,
  name: string,
  week: HourlyCoverage[],
  signal?: AbortSignal,
): Promise<HourlyCoverage[]> {
  if (week.length > 0) return week
  const document = `query ($name: String!, $from: DateTime) {
    subreddit(name: $name) { ${COVERAGE_FIELDS.replace('coverage', 'coverage(from: $from)')} }
  }`
  const variables = { name, from: new Date(Date.now() - LOOKBACK_MS).toISOString() }
  type Answer = { subreddit: { coverage: HourlyCoverage[] } | null }
  const { subreddit } = await query<Answer>(fetch, document, variables, signal)
  return subreddit?.coverage.slice(-1) ?? []
}
