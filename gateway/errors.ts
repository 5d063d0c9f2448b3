import { GraphQLError } from 'graphql'

const withCode = (message: string, code: string, status: number): GraphQLError =>
  new GraphQLError(message, { extensions: { code, http: { status } } })

/** A mistake of the client's, said to it: 400 in REST, BAD_USER_INPUT in GraphQL. */
export const badInput = (message: string): GraphQLError => withCode(message, 'BAD_USER_INPUT', 400)

/** What a client asks for is not there: 404 in REST. GraphQL answers null in its place. */
export const notFound = (message: string): GraphQLError => withCode(message, 'NOT_FOUND', 404)

/** A read model that cannot be read: 503 in REST. An empty answer would be a wrong one. */
export const readModelUnavailable = (message: string): GraphQLError => withCode(message, 'READ_MODEL_UNAVAILABLE', 503)

/** The log cannot be asked, or no longer is the one that a cursor was made for. */
export const logUnavailable = (message: string): GraphQLError => withCode(message, 'LOG_UNAVAILABLE', 503)

/** CANCELLED reaches nobody: its client has left. */
export type ExplanationErrorCode = 'OTHER_MODEL' | 'MODEL_UNAVAILABLE' | 'LOG_UNAVAILABLE' | 'OVERLOADED' | 'CANCELLED'

/** Why there is no explanation, in words. Without an HTTP status: the rest of the answer is whole. */
export const noExplanation = (message: string, code: ExplanationErrorCode): GraphQLError =>
  new GraphQLError(message, { extensions: { code } })

/** By name: graphql has a development build and another one, and a process may have loaded both. */
export const isGraphQLError = (error: unknown): error is GraphQLError =>
  error instanceof Error && error.name === 'GraphQLError'

export const DEFAULT_PAGE = 50
/** Of an explanation. */
export const DEFAULT_CONTRIBUTIONS = 12
export const MAX_PAGE = 1_000

/** @throws BAD_USER_INPUT outside 1…1000 */
export function checkPageSize(size: number, name = 'first'): number {
  if (Number.isInteger(size) && size >= 1 && size <= MAX_PAGE) return size
  throw badInput(`${name} must be a whole number from 1 to ${MAX_PAGE}`)
}
