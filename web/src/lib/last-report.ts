import { ReportsDocument, type CoverageFragment } from './generated/documents.ts'
import { query } from './graphql.ts'

/** How far back an older report is searched for. A source whose last report is older counts as ended. */
const LOOKBACK_MS = 35 * 24 * 3_600_000

/**
 * Returns the reports of a week, or the last report before it when the week has none. Without that older report, the chart
 * of a subreddit whose source has been down for more than a week would look like silence.
 */
export async function withLastReport(
  fetch: typeof globalThis.fetch,
  name: string,
  week: readonly CoverageFragment[],
  signal?: AbortSignal,
): Promise<readonly CoverageFragment[]> {
  if (week.length > 0) return week
  const from = new Date(Date.now() - LOOKBACK_MS).toISOString()
  const { subreddit } = await query(fetch, ReportsDocument, { name, from }, signal)
  return subreddit?.coverage.slice(-1) ?? []
}
