import type { ServerResponse } from 'node:http'

/** This policy holds for pages for which the web app sets none of its own. */
const PAGE_POLICY = [
  "default-src 'self'",
  "script-src 'self' 'unsafe-inline'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ')

export function setCommonHeaders(response: ServerResponse): void {
  response.setHeader('x-content-type-options', 'nosniff')
  response.setHeader('referrer-policy', 'strict-origin-when-cross-origin')
  response.setHeader('x-frame-options', 'DENY')
}

export const setPageHeaders = (response: ServerResponse): void =>
  void response.setHeader('content-security-policy', PAGE_POLICY)

/**
 * Lets pages of all origins read the API. That is safe because the API has no credentials, gives everybody the same answers and
 * changes nothing. For the same reason the Host header is not checked: rebinding a name gains an attacker nothing.
 */
export const allowOtherOrigins = (response: ServerResponse): void =>
  void response.setHeader('access-control-allow-origin', '*')

/** Answers a browser that asks whether it may send a request from another origin. */
export function answerPreflight(response: ServerResponse, methods: readonly string[]): void {
  response.writeHead(204, {
    allow: [...methods, 'OPTIONS'].join(', '),
    'access-control-allow-methods': methods.join(', '),
    'access-control-allow-headers': 'content-type, accept, cache-control, if-none-match, last-event-id',
    'access-control-max-age': '86400',
  })
  response.end()
}
