import { ExplanationDocument, type PostExplanationFragment } from '../generated/documents.ts'
import { query } from '../graphql.ts'

/** As many bars as a reader takes in at one glance. */
const MOST_BARS = 8

/** Loads why a post has its score; null when the gateway cannot know it or the post is gone. @throws as `query` does */
export async function loadExplanation(id: string, signal: AbortSignal): Promise<PostExplanationFragment | null> {
  const { post } = await query(fetch, ExplanationDocument, { id, first: MOST_BARS }, signal)
  return post?.explanation ?? null
}
