import type { Submission } from '../../listing/listing-page.ts'

const BY_AUTHOR = 'deleted by its author'
const BY_MODERATOR = 'removed by a moderator'
export const NOT_RETURNED = 'no longer on Reddit'

const AUTHORS: ReadonlySet<unknown> = new Set(['deleted', 'author'])

/**
 * Why a post that the API shows must be erased; undefined when it was neither deleted nor removed. Source: the API's answers. A
 * deleted or removed post keeps its title there, but has `[deleted]` or `[removed]` as its text or author, or a
 * `removed_by_category`.
 */
export function deletionReason({ data }: Submission): string | undefined {
  const { author, selftext, removed_by_category: category } = data
  if (category !== null && category !== undefined) return AUTHORS.has(category) ? BY_AUTHOR : BY_MODERATOR
  if (selftext === '[removed]') return BY_MODERATOR
  return selftext === '[deleted]' || author === '[deleted]' ? BY_AUTHOR : undefined
}
