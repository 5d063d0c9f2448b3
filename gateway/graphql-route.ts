import type { IncomingMessage, ServerResponse } from 'node:http'
import { sendJson } from './http/json-answer.ts'

const JSON_TYPE = /^application\/(?:graphql\+)?json\s*(?:;|$)/

type Handler = (request: IncomingMessage, response: ServerResponse) => unknown

/**
 * Lets GraphQL answer GET requests, and POST requests with JSON. Browsers send every other type of body to other sites
 * without asking them, so such requests may come from a page that its reader does not trust.
 */
export function answerGraphQL(graphql: Handler, request: IncomingMessage, response: ServerResponse): unknown {
  if (request.method === 'POST' && !JSON_TYPE.test(request.headers['content-type'] ?? '')) {
    response.setHeader('connection', 'close')
    return sendJson(response, 415, { error: 'send the query as application/json' })
  }
  return graphql(request, response)
}
