import type { TypedDocumentString } from './generated/documents.ts'

/** One entry of `errors` in an answer. */
export interface GraphQLErrorEntry {
  readonly message: string
  readonly extensions?: { readonly code?: string }
}

export interface Answer<Data> {
  readonly data?: Data
  readonly errors?: readonly GraphQLErrorEntry[]
}

/** The server answered with an error; the message is the server's own. */
export class GraphQLRequestError extends Error {
  override name = 'GraphQLRequestError'
  /** The code of the error, such as BAD_USER_INPUT. */
  readonly code: string | undefined

  constructor({ message, extensions }: GraphQLErrorEntry) {
    super(message)
    this.code = extensions?.code
  }
}

/**
 * Sends one query.
 * @throws GraphQLRequestError when the answer contains errors; also throws the errors of `fetch` and `JSON.parse`
 */
export async function query<Data, Variables>(
  fetch: typeof globalThis.fetch,
  document: TypedDocumentString<Data, Variables>,
  variables: Variables,
  signal?: AbortSignal,
): Promise<Data> {
  const response = await fetch('/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify({ query: document, variables }),
    signal: signal ?? null,
  })
  return toData((await response.json()) as Answer<Data>)
}

/** The data of an answer. @throws GraphQLRequestError when it contains errors */
export function toData<Data>({ data, errors }: Answer<Data>): Data {
  if (errors?.[0] !== undefined) throw new GraphQLRequestError(errors[0])
  return data as Data
}
