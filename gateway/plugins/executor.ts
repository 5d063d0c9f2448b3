import { createRequire } from 'node:module'
import type * as GraphQL from 'graphql'

/**
 * graphql has a development build beside its normal one, and each refuses the other's schemas. Resolved by Node itself this
 * is the one that Yoga makes the schema with, also where a test runner would resolve an import to the other.
 */
export const { createSourceEventStream, executeSubscriptionEvent, validateSubscriptionArgs } = createRequire(
  import.meta.url,
)('graphql') as typeof GraphQL
