type Fetch = typeof globalThis.fetch

/** An answer with errors in it. */
export class GraphQLRequestError extends Error {
  override name = 'GraphQLRequestError'
}

/** Sends one query. @throws GraphQLRequestError with the server's own words */
export async function query<T>(fetch: Fetch, document: string, variables: Record<string, unknown> = {}): Promise<T> {
  const response = await fetch('/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify({ query: document, variables }),
  })
  const { data, errors } = (await response.json()) as { data?: T; errors?: { message: string }[] }
  if (errors?.[0] !== undefined) throw new GraphQLRequestError(errors[0].message)
  return data as T
}

export const POST_FIELDS = 'id subreddit title createdAt permalink seriousness'
export const SUBREDDIT_FIELDS = 'name allTime { mean posts standardDeviation }'
export const PIPELINE_FIELDS = 'posts sources { source posts } allTime { mean posts }'
