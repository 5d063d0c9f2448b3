import { createServer, type Server } from 'node:http'
import type { Logger } from '../schema/runtime/logger.ts'
import type { GatewayContext } from './resolvers/context.ts'
import { dispatch, pathOf } from './http/dispatch.ts'
import { setPageHeaders } from './http/headers.ts'
import { sendJson } from './http/json-answer.ts'
import { READ_METHODS, RouteTable, type Route } from './http/routes.ts'
import { Metrics } from './metrics.ts'
import { createReadRoutes } from './rest/read-routes.ts'
import { createOpenApiRoute, createStatusRoutes, type Readiness } from './rest/status-routes.ts'
import { createGraphQLServer } from './schema.ts'
import { loadWebApp } from './web-app.ts'

const LIMITS = {
  maxHeaderSize: 16_384,
  headersTimeout: 10_000,
  /** Limits how long a client may take to send a request. Answers may take longer: subscriptions stay open. */
  requestTimeout: 30_000,
  keepAliveTimeout: 30_000,
}
const MAX_CONNECTIONS = 20_000

/** Creates the HTTP server with all addresses of Gravitas on one origin. */
export async function createGatewayServer(context: GatewayContext, logger: Logger): Promise<Server> {
  const metrics = new Metrics(context)
  const table = await createRoutes(context, { metrics, logger })
  const server = createServer(LIMITS, (request, response) => {
    const start = performance.now()
    const match = table.find(pathOf(request), request.headers.accept)
    response.once('close', () => metrics.answered(match.route.path, response, (performance.now() - start) / 1_000))
    Promise.try(() => dispatch(request, response, match, table)).catch((error: unknown) => {
      logger.error({ err: error, path: pathOf(request) }, 'request failed')
      if (response.headersSent) response.destroy()
      else sendJson(response, 500, { error: 'something went wrong on the server' })
    })
  })
  server.maxConnections = MAX_CONNECTIONS
  return server
}

interface RouteParts {
  readonly metrics: Metrics
  readonly logger: Logger
}

async function createRoutes(context: GatewayContext, { metrics, logger }: RouteParts): Promise<RouteTable> {
  const yoga = createGraphQLServer(context, logger, (events) => metrics.delivered(events))
  const web = await loadWebApp(logger, (request) => Promise.resolve(yoga.fetch(request, {})))

  function readiness(): Readiness {
    const problems = [...context.sampler.problems]
    return { ready: !problems.some(({ severity }) => severity === 'error'), problems }
  }
  const described = [
    ...createReadRoutes(context, logger),
    ...createStatusRoutes({ readiness, registry: metrics.registry }),
  ]
  const graphql = toRoute('/graphql', [...READ_METHODS, 'POST'], (request, response) => yoga(request, response))
  return new RouteTable({
    routes: [graphql, ...described, createOpenApiRoute(described)],
    // The web app answers every method itself.
    page: toRoute('page', [], (request, response) => {
      setPageHeaders(response)
      return web(request, response)
    }),
    unknown: toRoute('unknown', READ_METHODS, (_, response) =>
      sendJson(response, 404, { error: 'there is nothing at this address: see /openapi.json' }),
    ),
  })
}

const toRoute = (path: string, methods: readonly string[], answer: Route['answer']): Route => ({
  path,
  methods,
  answer,
})
