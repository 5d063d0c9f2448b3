import { existsSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Logger } from '../schema/runtime/logger.ts'

const HANDLER = resolve(import.meta.dirname, '../web/build/handler.js')

/** A request as the web app gets it: `gravitas.fetch` calls GraphQL within the process instead of over the network. */
export interface WebRequest extends IncomingMessage {
  gravitas?: { fetch(request: Request): Promise<Response> }
}

type Handler = (request: WebRequest, response: ServerResponse) => unknown

/**
 * Loads the built web app. Its pages get their figures through `fetchGraphQL`. If it is not built, a text that says how
 * to build it is served instead.
 */
export async function loadWebApp(
  logger: Logger,
  fetchGraphQL: (request: Request) => Promise<Response>,
): Promise<Handler> {
  if (existsSync(HANDLER)) {
    const { handler } = (await import(pathToFileURL(HANDLER).href)) as { handler: Handler }
    return (request, response) => {
      request.gravitas = { fetch: fetchGraphQL }
      return handler(request, response)
    }
  }
  logger.warn('the web app is not built: npm start builds it')
  return (_, response) => {
    response.writeHead(503, { 'content-type': 'text/plain; charset=utf-8' })
    response.end('The web app is not built yet. Run npm start, which builds it.\n')
  }
}
