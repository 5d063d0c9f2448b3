import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { encodeCursor } from '../protocol/cursor.ts'
import { createGraphQLServer } from '../schema.ts'
import { silent, TestGateway } from '../testing/test-gateway.ts'

const NOW = Math.floor(Date.now() / 1_000)
let gateway: TestGateway
let server: Server
beforeEach(async () => {
  gateway = new TestGateway()
  const answer = createGraphQLServer(gateway.context, silent)
  server = createServer((request, response) => void answer(request, response)).listen(0, '127.0.0.1')
  await once(server, 'listening')
})
afterEach(() => {
  server.closeAllConnections()
  server.close()
  gateway[Symbol.dispose]()
})

interface StreamEvent {
  readonly id: string | undefined
  readonly data: string
}

/** What a browser's EventSource does: it sends the same request again, with the id of the last whole event. */
class EventSource {
  readonly events: StreamEvent[] = []
  retryMs: number | undefined
  #lastId: string | undefined
  readonly #url: string

  constructor(query: string, variables: object = {}, lastId?: string) {
    const parameters = new URLSearchParams({ query, variables: JSON.stringify(variables) })
    this.#url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql?${parameters}`
    this.#lastId = lastId
  }

  /** Connects, and leaves after so many bytes, wherever that is in an event, or after so many events. */
  async read({ bytes = Number.POSITIVE_INFINITY, events = Number.POSITIVE_INFINITY }): Promise<number> {
    const leaving = new AbortController()
    const id = this.#lastId === undefined ? undefined : { 'last-event-id': this.#lastId }
    const headers = { accept: 'text/event-stream', ...id }
    const response = await fetch(this.#url, { headers, signal: leaving.signal })
    let text = ''
    for await (const chunk of response.body!) {
      text += Buffer.from(chunk as Uint8Array).toString()
      if (text.length >= bytes || text.split('\ndata: ').length > events) break
    }
    leaving.abort()
    for (const block of text.slice(0, bytes).split('\n\n').slice(0, -1)) this.#take(block)
    return response.status
  }

  #take(block: string): void {
    const field = (name: string) => new RegExp(`^${name}: ?(.*)$`, 'm').exec(block)?.[1]
    if (field('retry') !== undefined) this.retryMs = Number(field('retry'))
    const data = field('data')
    if (data === undefined || data === '') return
    this.#lastId = field('id') ?? this.#lastId
    this.events.push({ id: field('id'), data })
  }
}

const add = (from: number, count: number): void => {
  const numbers = Array.from({ length: count }, (_, index) => from + index)
  gateway.files.add(
    ...numbers.map((number) => ({ id: `p${number}`, subreddit: 'sub', createdUtc: NOW, seriousness: 1 })),
  )
  gateway.context.live.scored.advance()
}
const idsOf = ({ events }: EventSource): string[] =>
  events.map(
    ({ data }) => (JSON.parse(data) as { data: { postScored: { post: { id: string } } } }).data.postScored.post.id,
  )
const QUERY = 'subscription ($after: String) { postScored(after: $after) { post { id } } }'

test('an EventSource gets each event once, wherever its connections are cut', async () => {
  const source = new EventSource(QUERY, { after: encodeCursor('scored', 0, 'test', 1) })
  let count = 0
  for (let cut = 0; cut < 40; cut++) {
    add(count, 5)
    count += 5
    await source.read({ bytes: 200 + cut * 7 })
  }
  await source.read({ events: count - source.events.length })
  expect(idsOf(source)).toEqual(Array.from({ length: count }, (_, index) => `p${index}`))
  expect(source.retryMs).toBe(1_000)
})

test('an EventSource that cannot resume yet gets a status after which browsers reconnect', async () => {
  add(1, 2)
  gateway.promotions.all = undefined
  const source = new EventSource(QUERY, {}, encodeCursor('scored', 1, 'test', 1))
  expect(await source.read({})).toBe(200)
  expect(source.events).toEqual([{ id: undefined, data: expect.stringMatching(/LOG_UNAVAILABLE/) }])
  gateway.promotions.all = [{ sequence: 1, model: 'serious-1', start: 0 }]
  await source.read({ events: 1 })
  expect(source.events.at(-1)!.data).toMatch(/"p2"/)
})

test('only events with a cursor have an id, which is that cursor', async () => {
  add(1, 1)
  const source = new EventSource(
    'subscription { a: postScored(after: "") { cursor } }',
    {},
    encodeCursor('scored', 0, 'test', 1),
  )
  await source.read({ events: 1 })
  const [{ id, data }] = source.events as [StreamEvent]
  expect(JSON.parse(data)).toEqual({ data: { a: { cursor: id } } })
  const pipeline = new EventSource('subscription { pipelineUpdated { posts } }')
  await pipeline.read({ events: 1 })
  expect(pipeline.events).toEqual([{ id: undefined, data: expect.any(String) }])
})

test('a Last-Event-ID that never existed is refused like such a cursor', async () => {
  const source = new EventSource(QUERY, {}, 'garbage')
  expect(await source.read({})).toBe(400)
  const cursor = new EventSource(QUERY, { after: 'garbage' })
  expect(await cursor.read({})).toBe(400)
  expect(source.events).toEqual(cursor.events)
  expect(source.events[0]!.data).toMatch(/BAD_USER_INPUT/)
})

test('what waits for a reader that does not read is bounded, however many fields it selects of each event', async () => {
  add(1, 600)
  const fields = Array.from({ length: 90 }, (_, index) => `a${index}: title`).join(' ')
  const query = `subscription { postScored(after: ${JSON.stringify(encodeCursor('scored', 0, 'test', 1))}) { post { ${fields} } } }`
  let delivered = 0
  const yoga = createGraphQLServer(gateway.context, silent, { onDelivered: (events) => (delivered += events) })
  const response = await yoga.fetch(
    `http://localhost/graphql?query=${encodeURIComponent(query)}`,
    { headers: { accept: 'text/event-stream' } },
    {},
  )
  for (let index = 0; index < 100; index++) await new Promise((resolve) => setImmediate(resolve))
  expect(delivered).toBeLessThan(100)
  await response.body!.cancel()
})

test('an answer to an event that is too large is replaced by an error', async () => {
  gateway.files.add({ id: 'p1', subreddit: 'sub', title: '"'.repeat(1_000), createdUtc: NOW, seriousness: 1 })
  const fields = Array.from({ length: 90 }, (_, index) => `a${index}: title`).join(' ')
  const source = new EventSource(
    `subscription { postScored(after: "") { post { ${fields} } } }`,
    {},
    encodeCursor('scored', 0, 'test', 1),
  )
  await source.read({ events: 1 })
  expect(source.events).toEqual([
    { id: encodeCursor('scored', 1, 'test', 1), data: expect.stringMatching(/QUERY_TOO_LARGE/) },
  ])
})
