import { GraphQLError } from 'graphql'

/** A mistake of the client's, said to it: 400 in REST, BAD_USER_INPUT in GraphQL. */
export const badInput = (message: string): GraphQLError =>
  new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT', http: { status: 400 } } })

export const MAX_PAGE = 200

/** @throws BAD_USER_INPUT outside 1…200 */
export function checkPageSize(size: number, name = 'first'): number {
  if (Number.isInteger(size) && size >= 1 && size <= MAX_PAGE) return size
  throw badInput(`${name} must be a whole number from 1 to ${MAX_PAGE}`)
}
