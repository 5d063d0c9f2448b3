import type { IncomingMessage, ServerResponse } from 'node:http'
import { allowOrigins, answerOptions, type CorsOrigins } from './headers.ts'
import { sendJson } from './json-answer.ts'
import type { Match, RouteTable } from './routes.ts'

/** The path of a request, without its query. */
export const pathOf = ({ url }: IncomingMessage): string => url!.split('?', 1)[0]!

export interface Dispatching {
  readonly match: Match
  readonly table: RouteTable
  readonly corsOrigins: CorsOrigins
}

/** Lets a request's route answer it, after the steps that all routes have in common: redirects, OPTIONS and refused methods. */
export function dispatch(
  request: IncomingMessage,
  response: ServerResponse,
  { match: { route, parts, isNegotiated }, table, corsOrigins }: Dispatching,
): unknown {
  if (isNegotiated) response.setHeader('vary', 'Accept, Accept-Encoding')
  if (route !== table.page) allowOrigins(request, response, corsOrigins)
  const canonical = route === table.unknown ? table.withoutSlash(pathOf(request)) : undefined
  if (canonical !== undefined) return redirect(request, response, canonical)
  if (request.method === 'OPTIONS') return answerOptions(response, route.methods)
  if (route.methods.includes(request.method!)) return route.answer(request, response, parts)
  return refuseMethod(request, response, route.methods)
}

function redirect({ url }: IncomingMessage, response: ServerResponse, path: string): void {
  const query = url!.indexOf('?')
  response.writeHead(308, { location: query < 0 ? path : path + url!.slice(query) }).end()
}

function refuseMethod({ method }: IncomingMessage, response: ServerResponse, methods: readonly string[]): void {
  response.setHeader('allow', [...methods, 'OPTIONS'].join(', '))
  sendJson(response, 405, { error: `${method} is not possible here` })
}
