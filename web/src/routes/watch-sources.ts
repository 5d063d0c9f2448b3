import { query } from '#lib/graphql.ts'
import { isAway } from '#lib/live/presence.ts'
import type { SourceCount } from '#lib/types.ts'

const INTERVAL_MS = 3_000

export const loadSources = async (fetch: typeof globalThis.fetch): Promise<SourceCount[]> =>
  (await query<{ pipeline: { sources: SourceCount[] } }>(fetch, '{ pipeline { sources { source posts } } }')).pipeline
    .sources

/** Waits until there are posts: only then it can be said where they come from. @returns how to stop */
export function watchSources(onFound: (sources: SourceCount[]) => void): () => void {
  const timer = setInterval(() => {
    if (!isAway()) void look()
  }, INTERVAL_MS)
  async function look(): Promise<void> {
    const sources = await loadSources(fetch).catch(() => [])
    if (sources.length === 0) return
    clearInterval(timer)
    onFound(sources)
  }
  return () => clearInterval(timer)
}
