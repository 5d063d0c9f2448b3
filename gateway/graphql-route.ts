import type { IncomingMessage, ServerResponse } from 'node:http'
import { prefersPage } from './http/accept.ts'
import { setGraphiQLHeaders } from './http/headers.ts'
import { sendJson } from './http/json-answer.ts'
import { Turns } from './live/turns.ts'

const JSON_TYPE = /^application\/(?:graphql\+)?json\s*(?:;|$)/

/** The page of GraphiQL among the files of the web app. */
const GRAPHIQL = '/graphiql/index.html'

type Handler = (request: IncomingMessage, response: ServerResponse) => unknown

/**
 * Creates the function that answers at /graphql: browsers get the page of GraphiQL, every other GET request and POST
 * requests with JSON are for GraphQL. Browsers send every other type of body to other sites without asking them, so such
 * requests may come from a page that its reader does not trust. Requests for GraphQL take turns, because parsing and checking
 * hundreds that arrive in the same moment would delay everybody else.
 */
export function createGraphQLAnswer(graphql: Handler, web: Handler): Handler {
  // Starting a request takes less than a millisecond, and thousands of subscribers may come at once.
  const turns = new Turns(1)

  async function answerInTurn(request: IncomingMessage, response: ServerResponse): Promise<unknown> {
    await turns.take()
    return response.destroyed ? undefined : graphql(request, response)
  }

  return (request, response) => {
    response.appendHeader('vary', 'Accept')
    if (request.method !== 'POST') {
      if (!prefersPage(request.headers.accept)) return answerInTurn(request, response)
      setGraphiQLHeaders(response)
      request.url = GRAPHIQL
      return web(request, response)
    }
    if (JSON_TYPE.test(request.headers['content-type'] ?? '')) return answerInTurn(request, response)
    response.setHeader('connection', 'close')
    return sendJson(response, 415, { error: 'send the query as application/json' })
  }
}
