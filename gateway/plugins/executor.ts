import { createRequire } from 'node:module'
import type * as GraphQL from 'graphql'

/**
 * These functions of graphql are resolved by Node itself. graphql has a development build and a normal one, and each refuses
 * schemas of the other: a test runner would resolve an import to one build while Yoga makes its schema with the other.
 */
export const { createSourceEventStream, executeSubscriptionEvent, validateSubscriptionArgs } = createRequire(
  import.meta.url,
)('graphql') as typeof GraphQL
