import { query } from '#lib/graphql.ts'
import type { Explanation } from '#lib/types.ts'

/** As many bars as are looked at in one glance. */
const MOST_BARS = 8

const DOCUMENT = `query ($id: ID!, $first: Int) {
  post(id: $id) { explanation(first: $first) { model seriousness base rest contributions { feature logit } } }
}`

/** Why a post has its score; null where that cannot be known, or the post is gone. @throws like `query` */
export async function loadExplanation(id: string, signal: AbortSignal): Promise<Explanation | null> {
  type Answer = { post: { explanation: Explanation | null } | null }
  const { post } = await query<Answer>(fetch, DOCUMENT, { id, first: MOST_BARS }, signal)
  return post?.explanation ?? null
}
