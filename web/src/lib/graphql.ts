type Fetch = typeof globalThis.fetch

export interface GraphQLProblem {
  readonly message: string
  readonly extensions?: { readonly code?: string }
}

/** An answer with errors in it, in the server's own words. */
export class GraphQLRequestError extends Error {
  override name = 'GraphQLRequestError'
  /** Such as BAD_USER_INPUT. */
  readonly code: string | undefined

  constructor({ message, extensions }: GraphQLProblem) {
    super(message)
    this.code = extensions?.code
  }
}

/** Sends one query. @throws GraphQLRequestError for an answer with errors, whatever fetch and JSON.parse throw for none */
export async function query<T>(
  fetch: Fetch,
  document: string,
  variables: Record<string, unknown> = {},
  signal?: AbortSignal,
): Promise<T> {
  const response = await fetch('/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify({ query: document, variables }),
    signal: signal ?? null,
  })
  const { data, errors } = (await response.json()) as { data?: T; errors?: GraphQLProblem[] }
  if (errors?.[0] !== undefined) throw new GraphQLRequestError(errors[0])
  return data as T
}

export const POST_FIELDS = 'id subreddit title createdAt permalink seriousness'
export const SUBREDDIT_FIELDS = 'name allTime { mean posts standardDeviation }'
export const HOURLY_FIELDS = 'hourly { hour mean posts }'
export const COVERAGE_FIELDS = 'coverage { hour share }'
