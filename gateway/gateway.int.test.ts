import { jetstreamManager, jetstream } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { applyStreams } from '../schema/apply-streams.ts'
import { encodeEvent, subjectOf, subjectPattern, toMessage } from '../schema/events.ts'
import { changesSubject } from '../schema/read-models.ts'
import { DurablePublisher } from '../schema/runtime/publish.ts'
import { hourCovered, postScored } from '../schema/testing/builders.ts'
import { startTestNats } from '../schema/testing/nats-server.ts'
import { startGateway } from './start-gateway.ts'
import { ReadModelFiles } from './testing/read-model-files.ts'
import { readEvents, subscribe } from './testing/server-sent-events.ts'

const logger = pino({ level: 'silent' })
const NOW = Math.floor(Date.now() / 1_000)
let stack: AsyncDisposableStack
let files: ReadModelFiles
let connection: NatsConnection
let url: string

beforeEach(async () => {
  stack = new AsyncDisposableStack()
  files = stack.use(new ReadModelFiles())
  const nats = stack.use(await startTestNats())
  connection = await nats.connect()
  stack.defer(() => connection.close())
  await applyStreams(await jetstreamManager(connection))
  await jetstream(connection).publish(
    subjectPattern('ModelPromoted'),
    encodeEvent({ type: 'ModelPromoted', model: 'serious-1' }),
  )
  const config = {
    host: '127.0.0.1',
    port: 0,
    natsUrl: nats.url,
    dataDir: files.folder,
    modelDir: 'ml/model',
    logLevel: 'silent',
  } as const
  url = stack.use(await startGateway(config, logger)).url
  while (!(await fetch(`${url}/readyz`)).ok) await new Promise((resolve) => setTimeout(resolve, 10))
})
afterEach(() => stack.disposeAsync())

const post = (number: number, subreddit = 'AskScience') => ({
  id: `p${number}`,
  subreddit,
  createdUtc: NOW,
  seriousness: number % 10_000,
})
function notify(projection: string, changed: readonly string[] = []): void {
  connection.publish(
    changesSubject(projection),
    JSON.stringify({ projection, fileId: '', before: {}, checkpoints: {}, subreddits: changed }),
  )
}
interface RestBody {
  readonly next: string | null
  readonly post_count: number
  readonly posts: readonly object[]
  readonly openapi: string
}
interface Scored {
  readonly postScored: { readonly cursor: string; readonly post: { readonly id: string } }
}
async function takeScored(query: string, count: number, onOpen?: () => void): Promise<Scored['postScored'][]> {
  const leaving = new AbortController()
  const response = await subscribe(url, query, leaving.signal)
  onOpen?.()
  const taken: Scored['postScored'][] = []
  try {
    for await (const { postScored } of readEvents<Scored>(response)) if (taken.push(postScored) === count) break
  } finally {
    leaving.abort()
  }
  return taken
}
const metric = async (name: string): Promise<number> => {
  const text = await (await fetch(`${url}/metrics`)).text()
  const found = text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\d+)`, 'gm'))
  return [...found].reduce((sum, match) => sum + Number(match[1]), 0)
}
async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 10))
}

test('a scored post reaches its subscribers, and a cursor continues behind its event', async () => {
  files.add(post(1))
  const live = await takeScored('subscription { postScored { cursor post { id } } }', 2, () => {
    files.add(post(2), post(3, 'funny'))
    notify('posts')
  })
  expect(live.map((event) => event.post.id)).toEqual(['p2', 'p3'])
  files.add(post(4), post(5, 'funny'))
  const after = JSON.stringify(live[0]!.cursor)
  const resumed = await takeScored(`subscription { postScored(after: ${after}) { cursor post { id } } }`, 4, () => {
    files.add(post(6))
    notify('posts')
  })
  expect(resumed.map((event) => event.post.id)).toEqual(['p3', 'p4', 'p5', 'p6'])
  const filtered = await takeScored(
    `subscription { postScored(after: ${after}, subreddit: "FUNNY") { cursor post { id } } }`,
    2,
  )
  expect(filtered.map((event) => event.post.id)).toEqual(['p3', 'p5'])
  await until(async () => (await metric('gravitas_subscribers')) === 0)
})

test('a subscriber that resumes far behind gets everything once while more arrives', async () => {
  files.add(post(0))
  const [start] = await takeScored('subscription { postScored { cursor post { id } } }', 1, () => {
    files.add(post(1))
    notify('posts')
  })
  for (let from = 2; from < 5_000; from += 500)
    files.add(...Array.from({ length: 500 }, (_, index) => post(from + index)))
  const more = setInterval(() => {
    files.add(post(next++))
    notify('posts')
  }, 5)
  let next = 10_000
  try {
    const taken = await takeScored(
      `subscription { postScored(after: ${JSON.stringify(start!.cursor)}) { cursor post { id } } }`,
      5_100,
    )
    const ids = taken.map((event) => Number(event.post.id.slice(1)))
    expect(ids.slice(0, 5_000)).toEqual(Array.from({ length: 5_000 }, (_, index) => index + 2))
    expect(ids.slice(5_000)).toEqual(Array.from({ length: 100 }, (_, index) => index + 10_000))
  } finally {
    clearInterval(more)
  }
})

test('changed subreddits are sent to their subscribers, also when the change notice is lost', async () => {
  files.add(post(1), post(2, 'funny'))
  const leaving = new AbortController()
  const query = 'subscription { subredditUpdated(names: ["FUNNY"]) { name allTime { posts } hourly { posts } } }'
  const events = readEvents<{ subredditUpdated: object }>(await subscribe(url, query, leaving.signal))
  files.add(post(3), post(4, 'funny'))
  notify('all-time', ['askscience', 'funny'])
  const expected = (posts: number) => ({ name: 'funny', allTime: { posts }, hourly: [{ posts }] })
  expect((await events.next()).value!.subredditUpdated).toEqual(expected(2))
  files.add(post(5, 'funny'))
  // Figures that the lost notices of the start may have changed are sent again.
  let latest
  do latest = (await events.next()).value!.subredditUpdated as ReturnType<typeof expected>
  while (latest.allTime.posts === 2)
  expect(latest).toEqual(expected(3))
  leaving.abort()
  await until(async () => (await metric('gravitas_subscribers')) === 0)
})

test('REST answers JSON with pages, and names mistakes', async () => {
  files.add(post(1), post(2), post(3, 'funny'))
  const get = async (path: string) => {
    const response = await fetch(url + path)
    return { status: response.status, vary: response.headers.get('vary'), body: (await response.json()) as RestBody }
  }
  const first = await get('/subreddits?limit=1')
  expect(first).toMatchObject({
    status: 200,
    vary: 'Accept, Accept-Encoding',
    body: { subreddits: [{ name: 'AskScience', posts: 2, seriousness: 0.00015 }] },
  })
  const second = await get(`/subreddits?limit=1&cursor=${first.body.next}`)
  expect(second.body).toMatchObject({ subreddits: [{ name: 'funny' }], next: null })
  const one = await get('/subreddit/askSCIENCE?limit=1')
  expect(one.body).toMatchObject({
    name: 'AskScience',
    post_count: 2,
    hourly: [{ posts: 2 }],
    posts: [{ id: 'p2', seriousness: 0.0002 }],
  })
  expect((await get(`/subreddit/AskScience?limit=1&cursor=${one.body.next}`)).body.posts).toMatchObject([{ id: 'p1' }])
  files.add(post(4))
  expect((await get('/subreddit/askSCIENCE?limit=1')).body.post_count).toBe(3)
  expect((await get('/subreddit/nowhere')).status).toBe(404)
  for (const bad of [
    '/subreddits?limit=0',
    '/subreddits?limit=x',
    '/subreddits?order=best',
    '/subreddits?cursor=x',
    '/subreddit/%E0%A4%A',
  ]) {
    expect(await get(bad)).toMatchObject({ status: 400, body: { error: expect.any(String) } })
  }
  expect((await fetch(`${url}/subreddits`, { method: 'HEAD' })).status).toBe(200)
  expect((await fetch(`${url}/subreddits`, { method: 'POST' })).status).toBe(405)
  expect((await get('/openapi.json')).body.openapi).toMatch(/^3/)
})

test('REST shows how much of each hour was seen, as soon as it is reported', async () => {
  files.add(post(1))
  const hour = NOW - (NOW % 3_600)
  const iso = (seconds: number): string => new Date(seconds * 1_000).toISOString().replace('.000Z', 'Z')
  const get = async (): Promise<object> => (await (await fetch(`${url}/subreddit/askscience`)).json()) as object
  expect(await get()).toMatchObject({ hourly: [{ hour: iso(hour), posts: 1, coverage: null }], coverage: [] })
  files.cover({ hour_utc: hour })
  files.cover({ hour_utc: hour - 3_600, coverage: 0 })
  expect(await get()).toMatchObject({
    hourly: [{ hour: iso(hour), posts: 1, coverage: 0.985 }],
    coverage: [
      { hour: iso(hour - 3_600), source: 'reddit', share: 0 },
      { hour: iso(hour), source: 'reddit', share: 0.985 },
    ],
  })
})

test('hourly is behind the log while reports on hours wait, and the other read models are not', async () => {
  await new DurablePublisher(connection).publish([hourCovered({ seen: 1 }), hourCovered()].map(toMessage))
  const query = '{ pipeline { streams { name messages } projections { name lag } } }'
  const look = async () => {
    const headers = { 'content-type': 'application/json' }
    const response = await fetch(`${url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query }) })
    type Pipeline = { streams: object[]; projections: { name: string; lag: number }[] }
    return ((await response.json()) as { data: { pipeline: Pipeline } }).data.pipeline
  }
  const lags = async () => (await look()).projections.map(({ name, lag }) => `${name} ${lag}`)
  await until(async () => (await lags()).includes('hourly 2'))
  expect(await lags()).toEqual(['posts 0', 'hourly 2', 'all-time 0'])
  expect((await look()).streams).toContainEqual({ name: 'COVERAGE', messages: 2 })
  files.cover({ seen: 1 })
  files.cover({})
  await until(async () => (await lags()).includes('hourly 0'))
})

test('REST answers have an ETag, are compressed if the client accepts it, and are closed to other origins', async () => {
  files.add(...Array.from({ length: 60 }, (_, index) => post(index + 1, `subreddit_${index}`)))
  const get = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
    fetch(url + path, { method, headers: { accept: '*/*', ...headers }, redirect: 'manual' })
  const plain = await get('/subreddits', { 'accept-encoding': 'identity' })
  const etag = plain.headers.get('etag')!
  expect(plain.headers.get('content-encoding')).toBeNull()
  expect(plain.headers.get('access-control-allow-origin')).toBeNull()
  const zipped = await get('/subreddits', { 'accept-encoding': 'gzip' })
  expect(zipped.headers.get('content-encoding')).toBe('gzip')
  expect(await zipped.json()).toEqual(await plain.json())
  expect((await get('/subreddits', { 'if-none-match': etag })).status).toBe(304)
  files.add(post(99))
  expect((await get('/subreddits', { 'if-none-match': etag })).status).toBe(200)
  const moved = await get('/subreddits/?limit=1')
  expect([moved.status, moved.headers.get('location')]).toEqual([308, '/subreddits?limit=1'])
  const unknown = await get('/nothing')
  expect([unknown.status, await unknown.json()]).toEqual([404, { error: expect.any(String) }])
  for (const name of ['a', 'a%20b', '%22', 'x'.repeat(30)]) expect((await get(`/subreddit/${name}`)).status).toBe(404)
  const preflight = await get('/graphql', { origin: 'https://example.org' }, 'OPTIONS')
  expect([preflight.status, preflight.headers.get('access-control-allow-methods')]).toEqual([204, null])
})

test('a read model that cannot be read is named as the problem by every address that needs it', async () => {
  files.allTime.exec(`UPDATE meta SET value = '999' WHERE name = 'version'`)
  const config = {
    host: '127.0.0.1',
    port: 0,
    natsUrl: 'nats://127.0.0.1:1',
    dataDir: files.folder,
    modelDir: 'ml/model',
  } as const
  await using broken = await startGateway({ ...config, logLevel: 'silent' }, logger)
  const rest = await fetch(`${broken.url}/subreddits`)
  expect([rest.status, await rest.json()]).toEqual([503, { error: expect.stringMatching(/all-time\.db/) }])
  const ready = (await (await fetch(`${broken.url}/readyz`)).json()) as { problems: { code: string; what: string }[] }
  expect(ready.problems).toContainEqual(
    expect.objectContaining({
      code: 'read-model-unavailable',
      what: expect.stringMatching(/all-time\.db cannot be read/) as string,
    }),
  )
  const query = encodeURIComponent('{ subreddits { nodes { name } } }')
  const graphql = await fetch(`${broken.url}/graphql?query=${query}`, { headers: { accept: 'application/json' } })
  expect(await graphql.json()).toMatchObject({ errors: [{ extensions: { code: 'READ_MODEL_UNAVAILABLE' } }] })
  expect((await fetch(`${broken.url}/metrics`)).status).toBe(200)
})

test('closing completes the subscriptions', async () => {
  const gateway = await startGateway(
    {
      host: '127.0.0.1',
      port: 0,
      natsUrl: 'nats://127.0.0.1:1',
      dataDir: files.folder,
      modelDir: 'ml/model',
      logLevel: 'silent',
    },
    logger,
  )
  const response = await subscribe(gateway.url, 'subscription { postScored { cursor } }', new AbortController().signal)
  const text = response.text()
  await gateway[Symbol.asyncDispose]()
  expect(await text).toMatch(/event: complete\ndata:\n\n$/)
})

test('after a promotion, figures and subscriptions are at once those of the new scoring model', async () => {
  files.add(post(1), { ...post(1), model: 'serious-2', seriousness: 9_000 })
  const query = 'subscription { subredditUpdated { name allTime { mean } } }'
  const events = readEvents<{ subredditUpdated: object }>(await subscribe(url, query, new AbortController().signal))
  const score = postScored({ model: 'serious-2' })
  await jetstream(connection).publish(subjectOf(score), encodeEvent(score))
  const promoted = encodeEvent({ type: 'ModelPromoted', model: 'serious-2' })
  await jetstream(connection).publish(subjectPattern('ModelPromoted'), promoted)
  expect((await events.next()).value!.subredditUpdated).toEqual({ name: 'AskScience', allTime: { mean: 0.9 } })
  await events.return(undefined)
})

test('a gateway that cannot reach NATS answers from the read models and is not ready', async () => {
  files.add(post(1))
  const config = {
    host: '127.0.0.1',
    port: 0,
    natsUrl: 'nats://127.0.0.1:1',
    dataDir: files.folder,
    modelDir: 'ml/model',
    logLevel: 'silent',
  } as const
  await using alone = await startGateway(config, logger)
  expect(await (await fetch(`${alone.url}/subreddits`)).json()).toMatchObject({ subreddits: [{ name: 'AskScience' }] })
  expect((await fetch(`${alone.url}/readyz`)).status).toBe(503)
  expect((await fetch(`${alone.url}/healthz`)).status).toBe(200)
})

test('the error for a port that is taken names the setting to change', async () => {
  const port = Number(new URL(url).port)
  const config = {
    host: '127.0.0.1',
    port,
    natsUrl: 'nats://127.0.0.1:1',
    dataDir: files.folder,
    modelDir: 'ml/model',
    logLevel: 'silent',
  } as const
  await expect(startGateway(config, logger)).rejects.toThrow(/PORT/)
})
