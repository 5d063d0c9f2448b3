import { existsSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Logger } from '../schema/runtime/logger.ts'
import { AnswerCache } from './answer-cache.ts'
import type { GatewayContext } from './context.ts'
import { Metrics } from './metrics.ts'
import { openApi } from './openapi.ts'
import { answerRest } from './rest.ts'
import { createGraphQLServer } from './schema.ts'

const WEB_HANDLER = resolve(import.meta.dirname, '../web/build/handler.js')
const MAX_GRAPHQL_BYTES = 100_000

/** What the web app finds on a request: GraphQL without a way over the network. */
export interface WebRequest extends IncomingMessage {
  gravitas?: { fetch(request: Request): Promise<Response> }
}

type Handler = (request: WebRequest, response: ServerResponse, next?: () => void) => unknown

/** All addresses of Gravitas on one origin. `isReady` gives the reasons why not. */
export async function createGatewayServer(
  context: GatewayContext,
  isReady: () => string[],
  logger: Logger,
): Promise<Server> {
  const yoga = createGraphQLServer(context, logger)
  const metrics = new Metrics(context)
  const answers = new AnswerCache()
  const web = await loadWebApp(logger)
  const fetchGraphQL = (request: Request): Promise<Response> => Promise.resolve(yoga.fetch(request, {}))

  const routes: Readonly<Record<string, (request: WebRequest, response: ServerResponse) => unknown>> = {
    '/graphql': (request, response) => {
      if (request.headers['transfer-encoding'] !== undefined) {
        return sendJson(response, 411, { errors: [{ message: 'a request must say how long it is: Content-Length' }] })
      }
      if (Number(request.headers['content-length'] ?? 0) > MAX_GRAPHQL_BYTES) {
        return sendJson(response, 413, { errors: [{ message: `a request may have ${MAX_GRAPHQL_BYTES} bytes` }] })
      }
      return yoga(request, response)
    },
    '/healthz': (_, response) => sendJson(response, 200, { status: 'ok' }),
    '/readyz': (_, response) => {
      const problems = isReady()
      sendJson(response, problems.length === 0 ? 200 : 503, { ready: problems.length === 0, problems })
    },
    '/metrics': async (_, response) => {
      const body = await metrics.registry.metrics()
      response.writeHead(200, { 'content-type': metrics.registry.contentType }).end(body)
    },
    '/openapi.json': (_, response) => sendJson(response, 200, openApi),
  }

  const server = createServer((request: WebRequest, response) => {
    const start = performance.now()
    const path = (request.url ?? '/').split('?', 1)[0]!
    const route = Object.hasOwn(routes, path) ? path : isRest(path) && !wantsPage(request) ? '/subreddit(s)' : 'page'
    response.setHeader('x-content-type-options', 'nosniff')
    response.setHeader('referrer-policy', 'strict-origin-when-cross-origin')
    response.once('finish', () => metrics.observe(route, response.statusCode, (performance.now() - start) / 1_000))
    Promise.try(() => handle(request, response, path, route)).catch((error: unknown) => {
      logger.error({ err: error, path }, 'request failed')
      if (!response.headersSent) sendJson(response, 500, { error: 'something went wrong on the server' })
      else response.destroy()
    })
  })

  function handle(request: WebRequest, response: ServerResponse, path: string, route: string): unknown {
    if (isRest(path)) response.setHeader('vary', 'Accept')
    if (route === 'page') {
      request.gravitas = { fetch: fetchGraphQL }
      return web(request, response)
    }
    if (path !== '/graphql' && request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD')
      return sendJson(response, 405, { error: `${request.method} is not possible here` })
    }
    if (Object.hasOwn(routes, path)) return routes[path]!(request, response)
    return answerFromCache(request.url!, response)
  }

  function answerFromCache(url: string, response: ServerResponse): void {
    // The hours shown move with the clock, too.
    const version = `${context.models.version} ${context.shown.name} ${Math.floor(Date.now() / 60_000)}`
    const cached = answers.get(version, url)
    if (cached !== undefined) return sendBytes(response, 200, cached)
    const { status, body } = answerRest(new URL(url, 'http://localhost'), context)!
    const bytes = Buffer.from(JSON.stringify(body))
    if (status === 200) answers.set(version, url, bytes)
    sendBytes(response, status, bytes)
  }

  return server
}

const isRest = (path: string): boolean => path === '/subreddits' || /^\/subreddit\/[^/]+$/.test(path)

/** A browser asks for text/html; everything else, `*` included, gets JSON. */
const wantsPage = (request: IncomingMessage): boolean => request.headers.accept?.includes('text/html') ?? false

function sendJson(response: ServerResponse, status: number, body: object): void {
  sendBytes(response, status, Buffer.from(JSON.stringify(body)))
}

function sendBytes(response: ServerResponse, status: number, json: Buffer): void {
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': json.byteLength,
    'cache-control': 'no-store',
  })
  response.end(response.req.method === 'HEAD' ? undefined : json)
}

async function loadWebApp(logger: Logger): Promise<Handler> {
  if (existsSync(WEB_HANDLER)) return ((await import(pathToFileURL(WEB_HANDLER).href)) as { handler: Handler }).handler
  logger.warn('the web app is not built: npm start builds it')
  return (_, response) => {
    response.writeHead(503, { 'content-type': 'text/plain; charset=utf-8' })
    response.end('The web app is not built yet. Run npm start, which builds it.\n')
  }
}
