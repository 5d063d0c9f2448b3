import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { SettingsReader } from '../schema/runtime/environment.ts'
import type { Logger } from '../schema/runtime/logger.ts'
import type { GatewayContext } from './resolvers/context.ts'
import { AdminGuard } from './http/admin-guard.ts'
import { Admission } from './http/admission.ts'
import { AnswerWatch } from './http/answer-watch.ts'
import { answerClientError, endWith } from './http/client-error.ts'
import { dispatch, pathOf } from './http/dispatch.ts'
import { setCommonHeaders, setPageHeaders } from './http/headers.ts'
import { createHostFilter } from './http/hosts.ts'
import { readHttpConfig, type HttpConfig } from './http/http-config.ts'
import { sendJson } from './http/json-answer.ts'
import { findFault } from './http/request-check.ts'
import { READ_METHODS, RouteTable, type Route } from './http/routes.ts'
import { createGraphiQLRoutes } from './graphiql-files.ts'
import { createGraphQLAnswer } from './graphql-route.ts'
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
  /** How often the two limits above are checked. */
  connectionsCheckingInterval: 2_000,
  keepAliveTimeout: 30_000,
  // A missing Host header is refused like a wrong one, with a sentence.
  requireHostHeader: false,
}
const MAX_HEADERS = 100
const RETRY_SECONDS = '10'

/** Creates the HTTP server with all addresses of Gravitas on one origin. */
export async function createGatewayServer(
  context: GatewayContext,
  logger: Logger,
  http: HttpConfig = readHttpConfig(new SettingsReader({}), '127.0.0.1'),
): Promise<Server> {
  const metrics = new Metrics(context)
  const admission = new Admission(http.limits)
  const watch = new AnswerWatch()
  const isServed = createHostFilter(http)
  const table = await createRoutes(context, { metrics, logger, admission, http })

  function answer(request: IncomingMessage, response: ServerResponse): unknown {
    const start = performance.now()
    const fault = findFault(request, isServed)
    if (fault !== undefined) return sendJson(response, fault.status, { error: fault.error })
    const refusal = admission.request(request, response)
    if (refusal !== undefined) {
      response.setHeader('retry-after', RETRY_SECONDS)
      return sendJson(response, refusal.status, { error: refusal.message })
    }
    watch.add(response)
    const match = table.find(pathOf(request), request.headers.accept)
    response.once('close', () => metrics.answered(match.route.path, response, (performance.now() - start) / 1_000))
    return dispatch(request, response, { match, table, corsOrigins: http.corsOrigins })
  }

  const server = createServer(LIMITS, (request, response) => {
    // Admission, metrics and the web app each listen for the end of a response, more often than Node takes for intended.
    response.setMaxListeners(30)
    setCommonHeaders(response)
    // A body that nobody reads is not waited for.
    if (request.method !== 'POST' && hasBody(request)) response.setHeader('connection', 'close')
    Promise.try(() => answer(request, response)).catch((error: unknown) => {
      logger.error({ err: error, path: pathOf(request) }, 'request failed')
      if (response.headersSent) response.destroy()
      else sendJson(response, 500, { error: 'something went wrong on the server' })
    })
  })
  server.maxHeadersCount = MAX_HEADERS
  server.on('connection', (socket) => {
    const refusal = admission.connect(socket)
    if (refusal !== undefined) endWith(socket, refusal.status, refusal.message)
  })
  server.on('clientError', answerClientError)
  server.on('checkExpectation', (_, response) => {
    setCommonHeaders(response)
    response.setHeader('connection', 'close')
    sendJson(response, 417, { error: 'the only Expect header that is possible is 100-continue' })
  })
  server.once('close', () => watch[Symbol.dispose]())
  return server
}

const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0

interface RouteParts {
  readonly metrics: Metrics
  readonly logger: Logger
  readonly admission: Admission
  readonly http: HttpConfig
}

async function createRoutes(
  context: GatewayContext,
  { metrics, logger, admission, http }: RouteParts,
): Promise<RouteTable> {
  const onDelivered = (events: number): void => metrics.delivered(events)
  const yoga = createGraphQLServer(context, logger, { onDelivered, admission })
  const web = await loadWebApp(logger, (request) => Promise.resolve(yoga.fetch(request, {})))
  const guard = http.adminToken === undefined ? undefined : new AdminGuard(http.adminToken)

  function readiness(): Readiness {
    const problems = [...context.sampler.problems]
    return { ready: !problems.some(({ severity }) => severity === 'error'), problems }
  }
  const described = [
    ...createReadRoutes(context, logger),
    ...createStatusRoutes({ readiness, registry: metrics.registry, deny }),
  ]
  async function deny(request: IncomingMessage): ReturnType<AdminGuard['check']> {
    return guard?.check(request, admission.clientOf(request))
  }
  return new RouteTable({
    routes: [
      toRoute('/graphql', [...READ_METHODS, 'POST'], createGraphQLAnswer(yoga, web)),
      ...described,
      ...createGraphiQLRoutes(),
      createOpenApiRoute(described),
    ],
    page: toRoute('page', READ_METHODS, (request, response) => {
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
