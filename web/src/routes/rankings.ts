import type { SubredditSummaryFragment } from '#lib/generated/documents.ts'
import type { Overview } from './load-overview.ts'

export interface Ranking {
  readonly title: string
  readonly subreddits: readonly SubredditSummaryFragment[]
}

export const toRankings = ({ most, serious, banter }: Overview): Ranking[] => [
  { title: 'Most active', subreddits: most.nodes },
  { title: 'Most serious', subreddits: serious.nodes },
  { title: 'Least serious', subreddits: banter.nodes },
]

/** Gives the shown rows their latest figures and leaves them in place, because somebody may be about to click one. */
export function keepPlaces(shown: readonly Ranking[], latest: readonly Ranking[]): Ranking[] {
  const known = new Map(latest.flatMap(({ subreddits }) => subreddits.map((row) => [row.name, row] as const)))
  return shown.map(({ title, subreddits }) => ({
    title,
    subreddits: subreddits.map((row) => known.get(row.name) ?? row),
  }))
}
