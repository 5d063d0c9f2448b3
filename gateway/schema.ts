import { readFileSync } from 'node:fs'
import { createSchema, createYoga } from 'graphql-yoga'
import type { Resolvers } from './generated/resolvers.ts'
import type { Logger } from '../schema/runtime/logger.ts'
import type { GatewayContext, RequestContext } from './resolvers/context.ts'
import type { Admission } from './http/admission.ts'
import { useAdmission } from './plugins/admission.ts'
import { useAnswerSize } from './plugins/answer-size.ts'
import { createDocumentCache } from './plugins/document-cache.ts'
import { useErrorCodes } from './plugins/error-codes.ts'
import { useEventStream } from './plugins/event-stream.ts'
import { useLimits } from './plugins/limits.ts'
import { createErrorMask } from './protocol/mask-errors.ts'
import { useSharedEvents } from './plugins/shared-events.ts'
import { DateTime } from './resolvers/date-time.ts'
import { Post } from './resolvers/post.ts'
import { Query } from './resolvers/query.ts'
import { Subreddit } from './resolvers/subreddit.ts'
import { Subscription } from './resolvers/subscription.ts'

const MAX_GRAPHQL_BYTES = 100_000

const typeDefs = readFileSync(new URL('../schema/api.graphql', import.meta.url), 'utf8')
const resolvers: Resolvers = { DateTime, Post, Query, Subreddit, Subscription }

export interface GraphQLServerOptions {
  /** Called with the number of events that were sent to a subscriber. */
  readonly onDelivered?: (events: number) => void
  /** Limits how much clients may have open. */
  readonly admission?: Admission
}

/** Creates the GraphQL server. Expected failures are GraphQLErrors; every other error is logged and masked. */
export function createGraphQLServer(
  context: GatewayContext,
  logger: Logger,
  { onDelivered = () => {}, admission }: GraphQLServerOptions = {},
) {
  const mask = createErrorMask(logger)
  return createYoga<object, Omit<RequestContext, 'request'>>({
    schema: createSchema<RequestContext>({ typeDefs, resolvers: resolvers as never }),
    context: ({ request }) => ({ ...context, reader: context.reads.begin({ signal: request.signal }) }),
    graphqlEndpoint: '/graphql',
    landingPage: false,
    batching: false,
    multipart: false,
    cors: false,
    logging: false,
    maxRequestBodySize: MAX_GRAPHQL_BYTES,
    graphiql: false,
    parserAndValidationCache: createDocumentCache(),
    plugins: [
      useErrorCodes(),
      useLimits(),
      useAdmission(admission),
      useSharedEvents(mask),
      useEventStream(onDelivered),
      useAnswerSize(),
    ],
    maskedErrors: { maskError: mask },
  })
}
