import { error } from '@sveltejs/kit'
import { GraphQLRequestError } from '../graphql.ts'

/** Waits for a page's data. When the gateway refuses it, the error page says why. */
export async function answer<T>(loading: Promise<T>): Promise<T> {
  try {
    return await loading
  } catch (cause) {
    if (!(cause instanceof GraphQLRequestError)) throw cause
    if (cause.code === 'BAD_USER_INPUT') error(400, cause.message)
    if (cause.code?.endsWith('_UNAVAILABLE')) error(503, cause.message)
    throw cause
  }
}
