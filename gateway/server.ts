import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Logger } from '../schema/runtime/logger.ts'
import type { GatewayContext } from './context.ts'
import { allowOtherOrigins, answerPreflight, setCommonHeaders, setPageHeaders } from './http/headers.ts'
import { JsonAnswer, sendJson } from './http/json-answer.ts'
import { findRoute, isNegotiated, withoutSlash, type Route } from './http/routes.ts'
import { Metrics } from './metrics.ts'
import { openApi } from './openapi.ts'
import { createRest } from './rest.ts'
import { createGraphQLServer } from './schema.ts'
import { loadWebApp, type WebRequest } from './web-app.ts'

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
  const answerRest = createRest(context, logger)
  const openApiAnswer = new JsonAnswer(200, openApi)

  const answers: Readonly<Record<Route, (request: WebRequest, response: ServerResponse) => unknown>> = {
    '/graphql': (request, response) => yoga(request, response),
    '/healthz': (_, response) => sendJson(response, 200, { status: 'ok' }),
    '/readyz': (_, response) => {
      const problems = findProblems()
      const ready = problems.length === 0
      sendJson(response, ready ? 200 : 503, { ready, problems })
    },
    '/metrics': async (_, response) => {
      const body = await metrics.registry.metrics()
      response.writeHead(200, { 'content-type': metrics.registry.contentType, 'cache-control': 'no-store' }).end(body)
    },
    '/openapi.json': (_, response) => openApiAnswer.send(response),
    '/subreddits': answerRest,
    '/subreddit/{name}': answerRest,
    page: (request, response) => {
      setPageHeaders(response)
      return web(request, response)
    },
    unknown: (_, response) => sendJson(response, 404, { error: 'there is nothing at this address: see /openapi.json' }),
  }

  function handle(request: WebRequest, response: ServerResponse, path: string, route: Route): unknown {
    setCommonHeaders(response)
    if (isNegotiated(path)) response.setHeader('vary', 'Accept, Accept-Encoding')
    if (route === 'page') return answers.page(request, response)
    allowOtherOrigins(response)
    const canonical = withoutSlash(path)
    if (canonical !== undefined) return redirect(request, response, canonical)
    const methods = route === '/graphql' ? 'GET, HEAD, POST' : 'GET, HEAD'
    if (request.method === 'OPTIONS') return answerPreflight(response, methods)
    if (methods.split(', ').includes(request.method!)) return answers[route](request, response)
    response.setHeader('allow', `${methods}, OPTIONS`)
    return sendJson(response, 405, { error: `${request.method} is not possible here` })
  }

  const server = createServer(LIMITS, (request: WebRequest, response) => {
    const start = performance.now()
    const path = request.url!.split('?', 1)[0]!
    const route = findRoute(path, request.headers.accept)
    response.once('close', () => metrics.answered(route, response, (performance.now() - start) / 1_000))
    Promise.try(() => handle(request, response, path, route)).catch((error: unknown) => {
      logger.error({ err: error, path }, 'request failed')
      if (response.headersSent) response.destroy()
      else sendJson(response, 500, { error: 'something went wrong on the server' })
    })
  })
  server.maxConnections = MAX_CONNECTIONS
  return server
}

function redirect(request: IncomingMessage, response: ServerResponse, path: string): void {
  const query = request.url!.indexOf('?')
  response.writeHead(308, { location: query < 0 ? path : path + request.url!.slice(query) }).end()
}
