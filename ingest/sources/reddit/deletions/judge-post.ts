import type { Submission } from '../../listing/listing-page.ts'

const BY_AUTHOR = 'deleted by its author'
const BY_MODERATOR = 'removed by a moderator'
export const GONE = 'no longer on Reddit'

const AUTHORS: ReadonlySet<unknown> = new Set(['deleted', 'author'])

/**
 * Why a post that the API shows is to be erased; undefined where it stands. Source: the API's answers, in which what is gone
 * keeps its title, with `[deleted]` or `[removed]` for its text, `[deleted]` for its author, and `removed_by_category`.
 */
export function whyGone({ data }: Submission): string | undefined {
  const { author, selftext, removed_by_category: category } = data
  if (category !== null && category !== undefined) return AUTHORS.has(category) ? BY_AUTHOR : BY_MODERATOR
  if (selftext === '[removed]') return BY_MODERATOR
  return selftext === '[deleted]' || author === '[deleted]' ? BY_AUTHOR : undefined
}
