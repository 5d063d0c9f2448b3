import { GraphQLError } from 'graphql'
import type { Logger } from '../../schema/runtime/logger.ts'
import { isGraphQLError, readModelUnavailable } from './errors.ts'

/**
 * Makes the function that turns any error into one that clients may see. Errors that are meant for clients stay as they are;
 * every other error is logged, and clients learn only that something failed.
 */
export function createErrorMask(logger: Logger): (error: unknown) => GraphQLError {
  return (error) => {
    const original = isGraphQLError(error) ? error.originalError : error
    if (isGraphQLError(error) && (!original || isGraphQLError(original))) return error
    logger.error({ err: original ?? error }, 'a resolver failed')
    if (isSqliteError(original)) return readModelUnavailable('A read model cannot be read at the moment.')
    return new GraphQLError('Something went wrong on the server.', { extensions: { code: 'INTERNAL_SERVER_ERROR' } })
  }
}

const isSqliteError = (error: unknown): boolean => (error as Error | undefined)?.name === 'SqliteError'
