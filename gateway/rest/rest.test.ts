import { once } from 'node:events'
import type { Server } from 'node:http'
import { Compile } from 'typebox/schema'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { hourOf, toIsoTime } from '../../schema/hours.ts'
import type { Problem } from '../../schema/problems.ts'
import { readModelUnavailable } from '../protocol/errors.ts'
import { createGatewayServer } from '../server.ts'
import { silent, TestGateway } from '../testing/test-gateway.ts'

const HOUR = 3_600
const NOW = Math.floor(Date.now() / 1_000)
/** The hour that began `hours` hours before the running one. */
const ago = (hours: number): number => hourOf(NOW) - hours * HOUR

interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query'
  readonly schema: { readonly enum?: readonly string[]; readonly minimum?: number; readonly maximum?: number }
}
interface Operation {
  readonly parameters: readonly Parameter[]
  readonly responses: Readonly<
    Record<string, { readonly content: Readonly<Record<string, { readonly schema: object }>> }>
  >
}
interface Document {
  readonly openapi: string
  readonly paths: Readonly<Record<string, { readonly get: Operation }>>
}

let gateway: TestGateway
let server: Server
let url: string
let problems: Problem[]

beforeEach(async () => {
  gateway = new TestGateway()
  problems = []
  vi.spyOn(gateway.context.sampler, 'problems', 'get').mockImplementation(() => problems)
  server = await createGatewayServer(gateway.context, silent)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  url = `http://127.0.0.1:${(server.address() as { port: number }).port}`
  gateway.files.add(
    { id: 'aa1', subreddit: 'AskScience', createdUtc: NOW, seriousness: 8_000 },
    { id: 'aa2', subreddit: 'AskScience', createdUtc: NOW - HOUR, seriousness: 6_000 },
    { id: 'ff1', subreddit: 'funny', createdUtc: NOW, seriousness: 1_000 },
    { id: 'aa3', subreddit: 'AskScience', createdUtc: NOW },
  )
  gateway.files.cover({ hour_utc: ago(0) })
})
afterEach(() => {
  server.close()
  gateway[Symbol.dispose]()
})

const get = (path: string, method = 'GET'): Promise<Response> => fetch(url + path, { method })
const getDocument = async (): Promise<Document> => (await (await get('/openapi.json')).json()) as Document

/** Makes a schema refuse fields that it does not describe. */
function toStrict(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(toStrict)
  if (typeof schema !== 'object' || schema === null) return schema
  const strict = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, toStrict(value)]))
  const isObject = strict['type'] === 'object' && strict['patternProperties'] === undefined
  return isObject ? { ...strict, additionalProperties: false } : strict
}

/** Fails unless the document describes this answer. @returns which of the documented answers it is */
async function checkAnswer({ paths }: Document, path: string, response: Response): Promise<string> {
  const { responses } = paths[path]!.get
  const status = response.status in responses ? String(response.status) : 'default'
  const mediaType = response.headers.get('content-type')!.split(';', 1)[0]!
  const described = responses[status]!.content[mediaType]
  expect(described, `${path} answers ${response.status} ${mediaType}`).toBeDefined()
  const body: unknown = mediaType === 'application/json' ? await response.json() : await response.text()
  const [, errors] = Compile(toStrict(described!.schema) as object).Errors(body)
  expect(errors, `${path} ${response.status} ${JSON.stringify(body)}`).toEqual([])
  return `${path} ${status}`
}

test('every answer is as /openapi.json describes it, and everything described is answered', async () => {
  const document = await getDocument()
  expect(document.openapi).toBe('3.1.0')
  const met = new Set<string>()
  const check = async (path: string, address = path, method = 'GET'): Promise<void> =>
    void met.add(await checkAnswer(document, path, await get(address, method)))

  for (const path of Object.keys(document.paths)) {
    await check(path, path.replace('{name}', 'askscience'))
    await check(path, path.replace('{name}', 'askscience'), 'POST')
  }
  await check('/subreddits', '/subreddits?search=sci&limit=1&order=NAME')
  await check('/subreddits', '/subreddits?limit=1')
  await check('/subreddits', '/subreddits?cursor=x')
  await check('/subreddit/{name}', '/subreddit/askscience?limit=1')
  await check('/subreddit/{name}', '/subreddit/askscience?limit=0')
  await check('/subreddit/{name}', '/subreddit/%E0%A4%A')
  await check('/subreddit/{name}', '/subreddit/nowhere')
  await check('/subreddit/{name}', `/subreddit/${'x'.repeat(30)}`)
  const since = '2026-11-20T13:00:00.000Z'
  problems = [{ code: 'stream-sealed', severity: 'error', what: 'Something is wrong.', since, remedy: 'Do this.' }]
  await check('/readyz')
  vi.spyOn(gateway.context.models.allTime, 'queries', 'get').mockImplementation(() => {
    throw readModelUnavailable('all-time.db cannot be read')
  })
  await check('/subreddits', '/subreddits?limit=7')
  await check('/subreddit/{name}', '/subreddit/askscience?limit=7')
  const described = Object.entries(document.paths).flatMap(([path, { get: operation }]) =>
    Object.keys(operation.responses).map((status) => `${path} ${status}`),
  )
  expect([...met].toSorted()).toEqual(described.toSorted())
})

test('a body that the document does not describe would be found', async () => {
  const { paths } = await getDocument()
  const { schema } = paths['/subreddits']!.get.responses['200']!.content['application/json']!
  const strict = Compile(toStrict(schema) as object)
  const row = { name: 'a', seriousness: 0.5, posts: 1 }
  expect(strict.Check({ subreddits: [row], next: null })).toBe(true)
  for (const wrong of [
    { ...row, more: 1 },
    { ...row, seriousness: 2 },
    { name: 'a', posts: 1 },
  ])
    expect(strict.Check({ subreddits: [wrong], next: null })).toBe(false)
})

test('a parameter is accepted exactly as the document describes it', async () => {
  const { paths } = await getDocument()
  const statusOf = async (path: string, name: string, value: string | number): Promise<number> =>
    (await get(`${path.replace('{name}', 'askscience')}?${name}=${value}`)).status
  const [good, bad]: [number[], number[]] = [[], []]
  for (const [path, { get: operation }] of Object.entries(paths))
    for (const { name, schema } of operation.parameters) {
      for (const value of schema.enum ?? []) good.push(await statusOf(path, name, value))
      if (schema.enum !== undefined) bad.push(await statusOf(path, name, 'other'))
      if (schema.minimum === undefined || schema.maximum === undefined) continue
      for (const value of [schema.minimum, schema.maximum]) good.push(await statusOf(path, name, value))
      for (const value of [schema.minimum - 1, schema.maximum + 1, 1.5, 'x', ''])
        bad.push(await statusOf(path, name, value))
    }
  // There are four orders, and two addresses with a limit; one order is wrong, and each limit is wrong in five ways.
  expect(good).toEqual(Array.from({ length: 4 + 2 * 2 }, () => 200))
  expect(bad).toEqual(Array.from({ length: 1 + 2 * 5 }, () => 400))
  const wrong = async (path: string): Promise<unknown> => (await get(path)).json()
  expect(await wrong('/subreddits?limit=x')).toEqual({ error: 'limit must be a whole number from 1 to 1000' })
  expect(await wrong('/subreddits?order=best')).toEqual({
    error: 'order must be one of most_posts, most_serious, least_serious, name',
  })
  expect(await wrong('/subreddit/%E0%A4%A')).toEqual({ error: 'name is not properly encoded' })
})

test('every address that is not a page is described, except GraphQL, which describes itself', async () => {
  const { paths } = await getDocument()
  const addresses = ['/healthz', '/metrics', '/openapi.json', '/readyz', '/subreddit/{name}', '/subreddits']
  expect(Object.keys(paths).toSorted()).toEqual(addresses)
  const inPath = (path: string): string[] =>
    paths[path]!.get.parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name)
  expect(addresses.map(inPath)).toEqual([[], [], [], [], ['name'], []])
})

test('methods, redirects and unknown addresses are answered in the same way at all addresses', async () => {
  const answer = async (path: string, method: string) => {
    const response = await fetch(url + path, { method, redirect: 'manual' })
    return [response.status, response.headers.get('allow'), response.headers.get('location')]
  }
  expect(await answer('/subreddits', 'DELETE')).toEqual([405, 'GET, HEAD, OPTIONS', null])
  expect(await answer('/graphql', 'DELETE')).toEqual([405, 'GET, HEAD, POST, OPTIONS', null])
  expect(await answer('/nothing', 'POST')).toEqual([405, 'GET, HEAD, OPTIONS', null])
  expect(await answer('/readyz', 'OPTIONS')).toEqual([204, 'GET, HEAD, OPTIONS', null])
  expect(await answer('/nothing', 'GET')).toEqual([404, null, null])
  expect(await answer('/readyz/?a=1', 'GET')).toEqual([308, null, '/readyz?a=1'])
  const head = await get('/subreddit/funny', 'HEAD')
  expect([head.status, Number(head.headers.get('content-length')) > 0, await head.text()]).toEqual([200, true, ''])
})

test('a browser gets the page of an address that has one, and JSON elsewhere', async () => {
  const accept = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'
  const headersOf = async (path: string): Promise<Headers> => (await fetch(url + path, { headers: { accept } })).headers
  const page = await headersOf('/subreddits')
  expect(page.get('content-type')).not.toMatch(/json/)
  expect(page.get('vary')).toMatch(/^Accept\b/i)
  expect(page.get('content-security-policy')).toMatch(/default-src 'self'/)
  expect(page.get('access-control-allow-origin')).toBeNull()
  const health = await headersOf('/healthz')
  expect(health.get('content-type')).toMatch(/json/)
  expect(health.get('vary')).toBeNull()
  expect(health.get('access-control-allow-origin')).toBeNull()
})

test.each(['query=%7B', 'query=%7Bnone%7D', 'query=%7Bpipeline%7Bmodel%7D%7D&variables=%7B', 'extensions=%00'])(
  'GET /graphql?%s is a mistake of the client',
  async (parameters) => {
    const headers = { accept: 'application/graphql-response+json' }
    expect((await fetch(`${url}/graphql?${parameters}`, { headers })).status).toBe(400)
  },
)

test('a subreddit has 168 hours, up to and including the running one', async () => {
  const hours = Array.from({ length: 170 }, (_, index) => ago(169 - index))
  gateway.files.add(
    ...hours.map((hour, index) => ({ id: `h${index}`, subreddit: 'hours', createdUtc: hour, seriousness: 5_000 })),
  )
  for (const hour_utc of hours.slice(0, -1)) gateway.files.cover({ hour_utc })
  type Body = { readonly hourly: readonly { hour: string }[]; readonly coverage: readonly { hour: string }[] }
  const { hourly, coverage } = (await (await get('/subreddit/hours')).json()) as Body
  const expected = hours.slice(2).map(toIsoTime)
  expect(hourly.map(({ hour }) => hour)).toEqual(expected)
  expect(coverage.map(({ hour }) => hour)).toEqual(expected)
})
