import { readFileSync } from 'node:fs'
import { createSchema, createYoga } from 'graphql-yoga'
import { GraphQLError } from 'graphql'
import type { Resolvers } from '../schema/generated/api.ts'
import type { Logger } from '../schema/runtime/logger.ts'
import type { GatewayContext } from './context.ts'
import { limitsRule } from './limits.ts'
import { DateTime } from './resolvers/date-time.ts'
import { Post } from './resolvers/post.ts'
import { Query } from './resolvers/query.ts'
import { Subreddit } from './resolvers/subreddit.ts'
import { Subscription } from './resolvers/subscription.ts'

const typeDefs = readFileSync(new URL('../schema/api.graphql', import.meta.url), 'utf8')
const resolvers: Resolvers = { DateTime, Post, Query, Subreddit, Subscription }

/** The GraphQL server. Expected failures are GraphQLErrors; everything else is logged and masked. */
export function createGraphQLServer(context: GatewayContext, logger: Logger) {
  return createYoga<object, GatewayContext>({
    schema: createSchema<GatewayContext>({ typeDefs, resolvers: resolvers as never }),
    context: () => context,
    graphqlEndpoint: '/graphql',
    landingPage: false,
    batching: false,
    logging: false,
    graphiql: { title: 'Gravitas', subscriptionsProtocol: 'SSE' },
    plugins: [
      {
        onValidate: ({ addValidationRule }: { addValidationRule: (rule: unknown) => void }) =>
          addValidationRule(limitsRule),
      },
    ],
    maskedErrors: {
      maskError: (error) => {
        const original = isGraphQLError(error) ? error.originalError : error
        if (isGraphQLError(error) && (!original || isGraphQLError(original))) return error
        logger.error({ err: original ?? error }, 'a resolver failed')
        return new GraphQLError('Something went wrong on the server.', {
          extensions: { code: 'INTERNAL_SERVER_ERROR' },
        })
      },
    },
  })
}

/** By name: graphql has a development build and another one, and a process may have loaded both. */
const isGraphQLError = (error: unknown): error is GraphQLError =>
  error instanceof Error && error.name === 'GraphQLError'
