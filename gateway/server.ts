import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Logger } from '../schema/runtime/logger.ts'
import type { GatewayContext } from './resolvers/context.ts'
import { allowOtherOrigins, answerPreflight, setCommonHeaders, setPageHeaders } from './http/headers.ts'
import { sendJson } from './http/json-answer.ts'
import { READ_METHODS, RouteTable, type Match, type Route } from './http/routes.ts'
import { Metrics } from './metrics.ts'
import { createReadRoutes } from './rest/read-routes.ts'
import { createOpenApiRoute, createStatusRoutes, type Readiness } from './rest/status-routes.ts'
import { createGraphQLServer } from './schema.ts'
import { loadWebApp } from './web-app.ts'

const LIMITS = {
  maxHeaderSize: 16_384,
  headersTimeout: 10_000,
  /** To receive a request, not to answer it: subscriptions stay open. */
  requestTimeout: 30_000,
  keepAliveTimeout: 30_000,
}
const MAX_CONNECTIONS = 20_000

/** All addresses of Gravitas on one origin. `findProblems` gives what `/readyz` says. */
export async function createGatewayServer(
  context: GatewayContext,
  findProblems: () => string[],
  logger: Logger,
): Promise<Server> {
  const metrics = new Metrics(context)
  const yoga = createGraphQLServer(context, logger, (events) => metrics.delivered(events))
  const web = await loadWebApp(logger, (request) => Promise.resolve(yoga.fetch(request, {})))

  function readiness(): Readiness {
    const problems = findProblems()
    return { ready: problems.length === 0, problems }
  }
  const routes = [
    ...createReadRoutes(context, logger),
    ...createStatusRoutes({ readiness, registry: metrics.registry }),
  ]
  const graphql: Route = {
    path: '/graphql',
    methods: [...READ_METHODS, 'POST'],
    answer: (request, response) => yoga(request, response),
  }
  const page: Route = { path: 'page', methods: [], answer: web }
  const unknown: Route = { path: 'unknown', methods: READ_METHODS, answer: answerUnknown }
  const table = new RouteTable({ routes: [graphql, ...routes, createOpenApiRoute(routes)], page, unknown })

  function answer(request: IncomingMessage, response: ServerResponse, { route, parts, isNegotiated }: Match): unknown {
    setCommonHeaders(response)
    if (isNegotiated) response.setHeader('vary', 'Accept, Accept-Encoding')
    if (route === page) {
      setPageHeaders(response)
      return web(request, response)
    }
    allowOtherOrigins(response)
    const canonical = route === unknown ? table.withoutSlash(pathOf(request)) : undefined
    if (canonical !== undefined) return redirect(request, response, canonical)
    if (request.method === 'OPTIONS') return answerPreflight(response, route.methods)
    if (route.methods.includes(request.method!)) return route.answer(request, response, parts)
    return refuseMethod(request, response, route.methods)
  }

  const server = createServer(LIMITS, (request, response) => {
    const start = performance.now()
    const match = table.find(pathOf(request), request.headers.accept)
    response.once('close', () => metrics.answered(match.route.path, response, (performance.now() - start) / 1_000))
    Promise.try(() => answer(request, response, match)).catch((error: unknown) => {
      logger.error({ err: error, path: pathOf(request) }, 'request failed')
      if (response.headersSent) response.destroy()
      else sendJson(response, 500, { error: 'something went wrong on the server' })
    })
  })
  server.maxConnections = MAX_CONNECTIONS
  return server
}

const pathOf = ({ url }: IncomingMessage): string => url!.split('?', 1)[0]!

const answerUnknown: Route['answer'] = (_, response) =>
  sendJson(response, 404, { error: 'there is nothing at this address: see /openapi.json' })

function refuseMethod({ method }: IncomingMessage, response: ServerResponse, methods: readonly string[]): void {
  response.setHeader('allow', [...methods, 'OPTIONS'].join(', '))
  sendJson(response, 405, { error: `${method} is not possible here` })
}

function redirect(request: IncomingMessage, response: ServerResponse, path: string): void {
  const query = request.url!.indexOf('?')
  response.writeHead(308, { location: query < 0 ? path : path + request.url!.slice(query) }).end()
}
