import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { HttpAnswer, HttpRequest } from '../http/fetch.ts'

/** Answers a request. `cut` closes the connection without an answer; `slow` never answers. */
type Handler = (request: HttpRequest) => HttpAnswer | 'cut' | 'slow'

const HEADERS = [
  'location',
  'retry-after',
  'etag',
  'date',
  'x-ratelimit-used',
  'x-ratelimit-remaining',
  'x-ratelimit-reset',
]

/** Serves a stand-in over HTTP on a free port of 127.0.0.1. */
export async function serveStandIn(handle: Handler): Promise<AsyncDisposable & { readonly origin: string }> {
  const server = createServer((request, response) => void answer(request, response, handle))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    origin: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

async function answer(request: IncomingMessage, response: ServerResponse, handle: Handler): Promise<void> {
  const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]))
  const body = await text(request)
  const result = handle({ url: `http://stand-in${request.url}`, method: request.method as 'GET', headers, body })
  if (result === 'slow') return
  if (result === 'cut') return void request.socket.destroy()
  for (const name of HEADERS) {
    const value = result.headers.get(name)
    if (value !== null) response.setHeader(name, value)
  }
  response.writeHead(result.status).end(result.text)
}
