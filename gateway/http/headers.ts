import type { IncomingMessage, ServerResponse } from 'node:http'

/** This policy holds for answers that are not pages: nothing in them may be loaded or run. */
const DATA_POLICY = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

/** This policy holds for pages and files for which the web app sets none of its own. */
const PAGE_POLICY = [
  "default-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ')

/** Every answer has these headers, also those to requests that cannot be parsed. */
export const COMMON_HEADERS = {
  'content-security-policy': DATA_POLICY,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'strict-origin-when-cross-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
} as const

const HEADERS = Object.entries(COMMON_HEADERS)

export function setCommonHeaders(response: ServerResponse): void {
  for (const [name, value] of HEADERS) response.setHeader(name, value)
}

/** The editor of GraphiQL, Monaco, makes style elements and starts workers; its icons and fonts are in its styles. */
const GRAPHIQL_POLICY = `${PAGE_POLICY}; font-src 'self' data:`

export const setGraphiQLHeaders = (response: ServerResponse): void =>
  void response.setHeader('content-security-policy', GRAPHIQL_POLICY)

export const setPageHeaders = (response: ServerResponse): void =>
  void response.setHeader('content-security-policy', PAGE_POLICY)

/** The setting CORS_ORIGINS: the origins whose pages may read the API. */
export type CorsOrigins = '*' | readonly string[]

/** Lets pages of the configured origins read this answer. */
export function allowOrigins(request: IncomingMessage, response: ServerResponse, origins: CorsOrigins): void {
  if (origins === '*') return void response.setHeader('access-control-allow-origin', '*')
  if (origins.length === 0) return
  response.appendHeader('vary', 'Origin')
  const { origin } = request.headers
  if (origin !== undefined && origins.includes(origin)) response.setHeader('access-control-allow-origin', origin)
}

/** Answers OPTIONS, with which browsers also ask whether a page of another origin may send a request. */
export function answerOptions(response: ServerResponse, methods: readonly string[]): void {
  response.setHeader('allow', [...methods, 'OPTIONS'].join(', '))
  if (response.hasHeader('access-control-allow-origin')) {
    response.setHeader('access-control-allow-methods', methods.join(', '))
    response.setHeader(
      'access-control-allow-headers',
      'content-type, accept, cache-control, if-none-match, last-event-id',
    )
    response.setHeader('access-control-max-age', '86400')
  }
  response.writeHead(204).end()
}
