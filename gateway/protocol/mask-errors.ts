import { GraphQLError } from 'graphql'
import type { Logger } from '../../schema/runtime/logger.ts'
import { isGraphQLError, readModelUnavailable } from './errors.ts'

/** What clients may see of an error: what they can do something about. Everything else is logged, and only said to have happened. */
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
