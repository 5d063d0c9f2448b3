import { cutText, MAX_SELFTEXT_LENGTH, MAX_TITLE_LENGTH } from '../../schema/post-limits.ts'
import type { TextPost } from './features.ts'

/**
 * The part of a post that scoring models read. It is cut at the limits of ingest, so that a post has the same score
 * live, offline and in an explanation.
 */
export function toScoredText(post: TextPost): TextPost {
  const { title, selftext } = post
  if (title.length <= MAX_TITLE_LENGTH && (selftext?.length ?? 0) <= MAX_SELFTEXT_LENGTH) return post
  return { title: cutText(title, MAX_TITLE_LENGTH), selftext: selftext && cutText(selftext, MAX_SELFTEXT_LENGTH) }
}
