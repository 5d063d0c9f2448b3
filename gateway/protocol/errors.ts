import { GraphQLError } from 'graphql'

const withCode = (message: string, code: string, status: number): GraphQLError =>
  new GraphQLError(message, { extensions: { code, http: { status } } })

/** The client made a mistake, and the message says which: 400 in REST, BAD_USER_INPUT in GraphQL. */
export const badInput = (message: string): GraphQLError => withCode(message, 'BAD_USER_INPUT', 400)

/** REST has nothing at this address: 404. GraphQL answers null instead. */
export const notFound = (message: string): GraphQLError => withCode(message, 'NOT_FOUND', 404)

/** A read model cannot be read: 503 in REST. An empty answer in its place would be wrong. */
export const readModelUnavailable = (message: string): GraphQLError => withCode(message, 'READ_MODEL_UNAVAILABLE', 503)

/** The reads of a request took too long and were stopped. */
export const timeLimitReached = (): GraphQLError =>
  withCode(
    'Reading for this request was stopped because it took too long. Ask for less: fewer fields, a smaller page, a shorter range or rarer words.',
    'TIME_LIMIT',
    503,
  )

/** The rows of an answer are too many or too long. */
export const answerTooLarge = (): GraphQLError =>
  withCode('The answer is too large: request smaller pages, shorter ranges or fewer fields.', 'QUERY_TOO_LARGE', 400)

/** As many requests wait to be read for as may wait. */
export const overloaded = (): GraphQLError =>
  withCode('Too many requests are waiting for an answer. Try again in a few seconds.', 'OVERLOADED', 503)

/** The log does not answer, or is not the one that a cursor was made for. */
export const logUnavailable = (message: string): GraphQLError => withCode(message, 'LOG_UNAVAILABLE', 503)

/** No client receives CANCELLED, because it is for requests whose client has left. */
export type ExplanationErrorCode = 'OTHER_MODEL' | 'MODEL_UNAVAILABLE' | 'LOG_UNAVAILABLE' | 'OVERLOADED' | 'CANCELLED'

/** The message says why there is no explanation. It has no HTTP status because the rest of the answer is complete. */
export const noExplanation = (message: string, code: ExplanationErrorCode): GraphQLError =>
  new GraphQLError(message, { extensions: { code } })

/** Compares names because a process may have loaded both builds of graphql, each with a class of its own. */
export const isGraphQLError = (error: unknown): error is GraphQLError =>
  error instanceof Error && error.name === 'GraphQLError'
