import { once } from 'node:events'
import type { Server } from 'node:http'
import { connect } from 'node:net'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { fuzz } from '../../schema/testing/fuzz.ts'
import { hostileText, mutatedBytes } from '../../schema/testing/mutations.ts'
import { createGatewayServer } from '../server.ts'
import { silent, TestGateway } from '../testing/test-gateway.ts'

const PATIENCE_MS = 300

let gateway: TestGateway
let server: Server
let port: number
beforeAll(async () => {
  gateway = new TestGateway()
  gateway.files.add({
    id: 'aa1',
    subreddit: 'AskScience',
    createdUtc: Math.floor(Date.now() / 1_000),
    seriousness: 8_000,
  })
  server = await createGatewayServer(gateway.context, silent)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  port = (server.address() as { port: number }).port
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
  gateway[Symbol.dispose]()
})

const BODY = JSON.stringify({ query: '{ subreddits { totalCount } }' })
const REQUESTS = [
  'GET /subreddits?search=a&order=name&limit=10 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
  'GET /subreddit/askscience?cursor=WyJwb3N0cyBORVdFU1QiLDEsMV0 HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\nConnection: close\r\n\r\n',
  'GET /graphql?query={pipeline{model}} HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\nLast-Event-ID: 1\r\nConnection: close\r\n\r\n',
  `POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${BODY.length}\r\nConnection: close\r\n\r\n${BODY}`,
  'OPTIONS /graphql HTTP/1.1\r\nHost: localhost\r\nOrigin: http://example.org\r\nConnection: close\r\n\r\n',
]

/** Sends bytes and reads the answer, for as long as the server sends one. */
async function send(bytes: Uint8Array): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', () => {})
  // The server waits for the rest of an incomplete request, so the client leaves.
  socket.setTimeout(PATIENCE_MS, () => socket.destroy())
  socket.end(bytes)
  await once(socket, 'close')
  return Buffer.concat(chunks).toString('latin1')
}

function requireDecent(answer: string): void {
  expect(answer).not.toMatch(/^HTTP\/1\.1 5(?!03)/)
  expect(answer).not.toContain(process.cwd())
  expect(answer).not.toMatch(/\n\s+at .*:\d+:\d+/)
}

test('bytes that are nearly a request never make the server fail', () =>
  fuzz(
    mutatedBytes(...REQUESTS),
    async (bytes) => {
      requireDecent(await send(bytes))
      expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200)
    },
    100,
  ))

const PATHS = [
  '/subreddits',
  '/subreddit/askscience',
  '/subreddit/',
  '/compare',
  '/',
  '/graphql',
  '/openapi.json',
  '/x',
]
const NAMES = ['search', 'order', 'limit', 'cursor', 'query', 'variables', 'operationName', 'extensions', 'names', 'x']
const target = fc
  .tuple(
    fc.oneof(
      fc.constantFrom(...PATHS),
      hostileText.map((text) => `/subreddit/${encodeURIComponent(text.toWellFormed())}`),
    ),
    fc.array(fc.tuple(fc.constantFrom(...NAMES), hostileText), { maxLength: 4 }),
  )
  .map(([path, query]) => `${path}?${new URLSearchParams(query)}`)

test('any parameters of the REST addresses are answered or refused, never with a failure', () =>
  fuzz(
    fc.record({ target, accept: fc.constantFrom('application/json', 'text/html', '*/*', 'text/event-stream', ';q=') }),
    async ({ target: path, accept }) => {
      const response = await fetch(`http://127.0.0.1:${port}${path}`, {
        headers: { accept },
        signal: AbortSignal.timeout(5_000),
        redirect: 'manual',
      })
      expect([500, 501, 502]).not.toContain(response.status)
      const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true
      if (isStream) return response.body?.cancel()
      requireDecent(await response.text())
    },
  ))
