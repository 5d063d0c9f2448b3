import type { SubredditSummary } from '#lib/types.ts'
import type { Overview } from './load-overview.ts'

export interface Ranking {
  readonly title: string
  readonly subreddits: readonly SubredditSummary[]
}

export const toRankings = ({ most, serious, banter }: Overview): Ranking[] => [
  { title: 'Most active', subreddits: most.nodes },
  { title: 'Most serious', subreddits: serious.nodes },
  { title: 'Least serious', subreddits: banter.nodes },
]

/** The latest figures, each row where it was: for lists that somebody is about to click in. */
export function keepPlaces(shown: readonly Ranking[], latest: readonly Ranking[]): Ranking[] {
  const known = new Map(latest.flatMap(({ subreddits }) => subreddits.map((row) => [row.name, row] as const)))
  return shown.map(({ title, subreddits }) => ({
    title,
    subreddits: subreddits.map((row) => known.get(row.name) ?? row),
  }))
}
