import { once } from 'node:events'
import type { Server } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { SettingsReader, type Environment } from '../schema/runtime/environment.ts'
import { readHttpConfig } from './http/http-config.ts'
import { createGatewayServer } from './server.ts'
import { silent, TestGateway } from './testing/test-gateway.ts'

let gateway: TestGateway
let server: Server | undefined
beforeEach(() => void (gateway = new TestGateway()))
afterEach(() => {
  server?.closeAllConnections()
  server?.close()
  gateway[Symbol.dispose]()
})

async function start(settings: Environment = {}): Promise<void> {
  const read = new SettingsReader(settings)
  server = await createGatewayServer(
    gateway.context,
    silent,
    read.done(readHttpConfig(read, settings['HOST'] ?? '127.0.0.1')),
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
}
const port = (): number => (server!.address() as AddressInfo).port

interface Raw {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Sends bytes and reads the answer until the connection closes, or until `until` is in it. */
async function send(text: string, until?: string): Promise<Raw> {
  const socket = connect(port(), '127.0.0.1').setEncoding('latin1')
  socket.write(text)
  let answer = ''
  try {
    for await (const chunk of socket) {
      answer += String(chunk)
      if (until !== undefined && answer.includes(until)) break
    }
  } catch (error) {
    // A server that refuses a request does not read the rest of it.
    if ((error as NodeJS.ErrnoException).code !== 'ECONNRESET') throw error
  }
  const [head = '', ...body] = answer.split('\r\n\r\n')
  const [first = '', ...lines] = head.split('\r\n')
  const headers: Record<string, string> = {}
  for (const [name, value] of lines.map((line) => line.toLowerCase().split(': ', 2) as [string, string]))
    headers[name] = name in headers ? `${headers[name]}, ${value}` : value
  return { status: Number(first.split(' ')[1]), headers, body: body.join('\r\n\r\n') }
}

interface RequestOptions {
  readonly method?: string
  readonly host?: string | undefined
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly until?: string
}

function request(target: string, { method = 'GET', headers = {}, body = '', until, ...options }: RequestOptions = {}) {
  const host = 'host' in options ? options.host : 'localhost'
  const lines = Object.entries({
    ...(host === undefined ? {} : { host }),
    connection: 'close',
    'content-length': String(body.length),
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`)
  return send(`${method} ${target} HTTP/1.1\r\n${lines.join('')}\r\n${body}`, until)
}
const BROWSER = { accept: 'text/html' }
const JSON_BODY = { 'content-type': 'application/json' }
const post = (body: string, headers: Readonly<Record<string, string>> = JSON_BODY) =>
  request('/graphql', { method: 'POST', headers, body })

const REQUIRED_HEADERS = {
  'x-content-type-options': /^nosniff$/,
  'x-frame-options': /^deny$/,
  'referrer-policy': /./,
  'cross-origin-opener-policy': /^same-origin$/,
  'cross-origin-resource-policy': /^same-origin$/,
  'content-security-policy': /^(?!.*script-src[^;]*unsafe)(?!.*\*)default-src '(?:none|self)'.*frame-ancestors 'none'/,
}

/** Finds what in an answer lets pages of other sites use it, and what shows something of the machine. */
function findFaults({ headers, body }: Raw): string[] {
  const faults = Object.entries(REQUIRED_HEADERS)
    .filter(([name, pattern]) => !pattern.test(headers[name] ?? ''))
    .map(([name]) => `${name}: ${headers[name]}`)
  if ('access-control-allow-origin' in headers) faults.push('other origins may read it')
  if (/node_modules|\bat \S+ \(|file:\/\/|\.ts:\d/.test(body) || body.includes(import.meta.dirname)) faults.push(body)
  return faults
}

test('answers of every kind have the security headers, and none shows a path or a stack', async () => {
  await start()
  const events = { accept: 'text/event-stream' }
  const subscription = '/graphql?query=subscription%20%7B%20pipelineUpdated%20%7B%20posts%20%7D%20%7D'
  const all: Readonly<Record<string, readonly [number, Promise<Raw>]>> = {
    page: [200, request('/', { headers: BROWSER })],
    'missing page': [404, request('/nothing', { headers: BROWSER })],
    'missing file': [404, request('/_app/immutable/nothing.js')],
    'malformed page': [400, request('/subreddit/%E0%A4%A', { headers: BROWSER })],
    'malformed path': [400, request('/subreddit/%E0%A4%A')],
    REST: [200, request('/subreddits')],
    'bad parameter': [400, request('/subreddits?limit=x')],
    unknown: [404, request('/nothing')],
    redirect: [308, request('/subreddits/')],
    method: [405, request('/subreddits', { method: 'DELETE' })],
    'page method': [405, request('/', { method: 'POST', headers: BROWSER, body: 'a=b' })],
    options: [204, request('/graphql', { method: 'OPTIONS', headers: { origin: 'https://evil.example' } })],
    health: [200, request('/healthz')],
    metrics: [200, request('/metrics')],
    openapi: [200, request('/openapi.json')],
    query: [200, post('{"query":"{ __typename }"}')],
    'no query': [200, post('{}')],
    'no JSON': [400, post('{')],
    'JSON that is no object': [400, post('"x"')],
    'rubbish to accept': [406, request('/graphql?query={__typename}', { headers: { accept: 'rubbish' } })],
    'large body': [413, post(`{"query":"${'x'.repeat(200_000)}"}`)],
    graphiql: [200, request('/graphql', { headers: BROWSER })],
    stream: [200, request(subscription, { headers: events, until: 'event: next' })],
    'no host': [400, request('/', { host: 'a b' })],
    'two hosts': [400, send('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nhost: evil.example\r\n\r\n')],
    expectation: [417, request('/healthz', { headers: { expect: 'x' } })],
    'no HTTP': [400, send('rubbish\r\n\r\n')],
    'long target': [431, request(`/${'x'.repeat(20_000)}`)],
  }
  for (const [what, [status, answering]] of Object.entries(all)) {
    const answer = await answering
    // Pages are not built where only unit tests run.
    const isUnbuilt = answer.status === 503 && answer.body.startsWith('The web app is not built')
    expect([what, isUnbuilt ? status : answer.status, findFaults(answer)]).toEqual([what, status, []])
  }
})

test('a Host header that is no host and a target that is no path are refused with a sentence', async () => {
  await start()
  for (const host of ['a b', '', '<x>', 'a:b', 'a@b', '[', 'localhost:99999', 'http://localhost', undefined])
    for (const target of ['/', '/subreddits', '/graphql?query={__typename}']) {
      const answer = await request(target, { host, headers: BROWSER })
      expect([host, target, answer.status, findFaults(answer)]).toEqual([host, target, 400, []])
    }
  for (const target of ['//evil.example/', '/\\evil.example/', 'http://evil.example/subreddits', '*', '/\u00e9']) {
    const answer = await request(target, { headers: BROWSER, method: target === '*' ? 'OPTIONS' : 'GET' })
    expect([target, answer.status, findFaults(answer)]).toEqual([target, 400, []])
  }
})

test('on loopback only the names of this machine and ALLOWED_HOSTS are served', async () => {
  await start({ ALLOWED_HOSTS: 'gravitas.example' })
  const statusOf = async (host: string) => (await request('/subreddits', { host })).status
  expect(await Promise.all(['localhost:1', '127.0.0.1', '[::1]:9', 'Gravitas.example'].map(statusOf))).toEqual(
    Array.from({ length: 4 }, () => 200),
  )
  expect(await statusOf('evil.example')).toBe(421)
})

test('pages of other sites can send no query as a form or as text', async () => {
  await start()
  const query = '{"query":"{ __typename }"}'
  for (const type of [
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/graphql',
    '',
  ])
    expect((await post(query, { 'content-type': type })).status).toBe(415)
  for (const type of ['application/json', 'application/json; charset=utf-8'])
    expect((await post(query, { 'content-type': type })).status).toBe(200)
})

test('CORS_ORIGINS lets pages of these origins read the API and the streams, and no others', async () => {
  await start({ CORS_ORIGINS: 'https://one.example, https://two.example' })
  const allowed = async (target: string, origin: string, options: RequestOptions = {}) => {
    const { headers } = await request(target, { ...options, headers: { ...options.headers, origin } })
    expect(headers['vary']).toMatch(/\borigin\b/)
    return headers['access-control-allow-origin']
  }
  const stream = '/graphql?query=subscription%20%7B%20pipelineUpdated%20%7B%20posts%20%7D%20%7D'
  const events = { headers: { accept: 'text/event-stream' }, until: 'event: next' }
  for (const [target, options] of [
    ['/subreddits', {}],
    ['/graphql?query={__typename}', {}],
    [stream, events],
    ['/subreddits?limit=x', {}],
  ] as const) {
    expect(await allowed(target, 'https://two.example', options)).toBe('https://two.example')
    expect(await allowed(target, 'https://evil.example', options)).toBeUndefined()
  }
  const preflight = async (origin: string) =>
    (await request('/graphql', { method: 'OPTIONS', headers: { origin } })).headers
  expect(await preflight('https://one.example')).toMatchObject({ 'access-control-allow-methods': 'get, head, post' })
  expect((await preflight('https://evil.example'))['access-control-allow-methods']).toBeUndefined()
})

test('CORS_ORIGINS=* lets every page read the API, but not the pages', async () => {
  await start({ CORS_ORIGINS: '*' })
  const originOf = async (headers: Readonly<Record<string, string>>) =>
    (await request('/subreddits', { headers })).headers['access-control-allow-origin']
  expect(await originOf({ origin: 'https://any.example' })).toBe('*')
  expect(await originOf({ ...BROWSER, origin: 'https://any.example' })).toBeUndefined()
})

test('where ADMIN_TOKEN is set, metrics need it', async () => {
  await start({ ADMIN_TOKEN: 'correct-horse-battery' })
  const statusOf = async (headers: Readonly<Record<string, string>>) => (await request('/metrics', { headers })).status
  expect(await statusOf({})).toBe(401)
  expect(await statusOf({ authorization: 'Bearer correct-horse-battery' })).toBe(200)
  expect((await request('/metrics?token=correct-horse-battery')).status).toBe(401)
  expect((await request('/healthz')).status).toBe(200)
})

test('subscriptions beyond the caps are refused with a sentence, and leave no place taken', async () => {
  await start({ MAX_SUBSCRIPTIONS_PER_ADDRESS: '2' })
  const open = async () => {
    const leaving = new AbortController()
    const query = encodeURIComponent('subscription { pipelineUpdated { posts } }')
    const headers = { accept: 'text/event-stream' }
    const response = await fetch(`http://localhost:${port()}/graphql?query=${query}`, {
      headers,
      signal: leaving.signal,
    })
    return { response, leave: () => leaving.abort() }
  }
  const [first, second] = [await open(), await open()]
  const third = await open()
  expect([first, second, third].map(({ response }) => response.status)).toEqual([200, 200, 429])
  expect(third.response.headers.get('retry-after')).toBe('10')
  expect(await third.response.text()).toMatch(/too many open subscriptions from your address/)
  first.leave()
  let again = await open()
  while (again.response.status === 429) again = await open()
  expect(again.response.status).toBe(200)
  for (const { leave } of [second, again]) leave()
})

test('a subscription may have fewer fields than a query', async () => {
  await start()
  const fields = Array.from({ length: 100 }, (_, index) => `a${index}: posts`).join(' ')
  const { status, body } = await request(
    `/graphql?query=${encodeURIComponent(`subscription { pipelineUpdated { ${fields} } }`)}`,
    { headers: { accept: 'text/event-stream' }, until: 'event: complete' },
  )
  expect([status, body]).toEqual([400, expect.stringMatching(/QUERY_TOO_LARGE/)])
})
