import { ExplanationDocument, type PostExplanationFragment } from '../generated/documents.ts'
import { query } from '../graphql.ts'

/** The most bars that a reader takes in at one glance. */
const MOST_BARS = 8

/**
 * Loads the explanation of a post's score; null when there is none or the post is gone. @throws the errors of `query`
 */
export async function loadExplanation(id: string, signal: AbortSignal): Promise<PostExplanationFragment | null> {
  const { post } = await query(fetch, ExplanationDocument, { id, first: MOST_BARS }, signal)
  return post?.explanation ?? null
}
