import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { startGateway, type GatewayService } from '../gateway/start-gateway.ts'
import { startProjector } from '../projections/projector.ts'
import { projections } from '../projections/registry.ts'
import { encodeEvent } from '../schema/events.ts'
import { createLogger } from '../schema/runtime/logger.ts'
import { applyStreams } from '../schema/streams.ts'
import { subjects } from '../schema/subjects.ts'
import { postSubmitted } from '../schema/testing/builders.ts'
import { startTestNats, type TestNatsServer } from '../schema/testing/nats-server.ts'
import { startScorer } from '../scorer/start-scorer.ts'
import { launchBrowser } from './browser.ts'

const stack = new AsyncDisposableStack()
const logger = createLogger('e2e', 'silent')
let nats: TestNatsServer
let connection: NatsConnection
let gateway: GatewayService
let browser: Browser

beforeAll(async () => {
  nats = stack.use(await startTestNats())
  connection = await nats.connect()
  stack.defer(() => connection.close())
  await applyStreams(await jetstreamManager(connection))
  const dataDir = await mkdtemp(join(tmpdir(), 'gravitas-e2e-'))
  stack.defer(() => rm(dataDir, { recursive: true, force: true }))
  const shared = { natsUrl: nats.url, dataDir, logLevel: 'silent' } as const
  stack.use(await startScorer({ ...shared, modelDir: 'ml/model' }, logger))
  for (const projection of Object.values(projections))
    stack.use(await startProjector(projection, { ...shared, projection }, logger))
  gateway = stack.use(await startGateway({ ...shared, host: '127.0.0.1', port: 0 }, logger))
  browser = await launchBrowser()
  stack.defer(() => browser.close())
  await publish('first00', 'Why do rivers meander across flat plains?')
  await vi.waitFor(async () => expect(await countOf('/subreddits')).toContain('AskScience'), { timeout: 20_000 })
})

afterAll(() => stack.disposeAsync())

async function publish(id: string, title: string): Promise<void> {
  const post = postSubmitted({ id, title, created_utc: Math.floor(Date.now() / 1_000) })
  await jetstream(connection).publish(subjects.postSubmitted(post.subreddit), encodeEvent(post))
}

const countOf = async (path: string): Promise<string> => (await fetch(gateway.url + path)).text()

async function open(path: string): Promise<{ page: Page; errors: string[] }> {
  const page = await browser.newPage()
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(error.message))
  await page.goto(gateway.url + path)
  return { page, errors }
}

test('a post published to POSTS appears on the open page without a reload', async () => {
  const { page, errors } = await open('/')
  await page.waitForSelector('[data-testid=connection]:text-is("live")')
  await publish('second0', 'What limits the height of mountains on Earth?')
  await page.waitForSelector('[data-post-id=second0]')
  await page.waitForSelector('[data-testid=posts-scored]:text-is("2")')
  expect(errors).toEqual([])
  await page.close()
})

test('a subreddit’s page is rendered by the server, draws its hours, and follows its figures', async () => {
  const html = await (await fetch(`${gateway.url}/subreddit/askscience`, { headers: { accept: 'text/html' } })).text()
  expect(html).toContain('Why do rivers meander across flat plains?')
  const { page, errors } = await open('/subreddit/askscience')
  await page.waitForSelector('.chart svg circle, .chart svg path')
  await page.waitForSelector('[data-testid=connection]:text-is("live")')
  const before = Number(await page.textContent('[data-testid=posts-scored]'))
  await publish('third00', 'How is the age of very old rocks measured?')
  await page.waitForSelector(`[data-testid=posts-scored]:text-is("${before + 1}")`)
  await page.waitForSelector('[data-post-id=third00]')
  expect(errors).toEqual([])
  await page.close()
})

test('an address answers a browser with a page and a program with JSON', async () => {
  const { page } = await open('/subreddits?search=SCIENCE')
  await page.waitForSelector('[data-subreddit=AskScience]')
  await page.close()
  const json = await fetch(`${gateway.url}/subreddit/ASKSCIENCE`)
  expect(await json.json()).toMatchObject({ name: 'AskScience', next: null })
  expect((await fetch(`${gateway.url}/subreddit/nowhere`)).status).toBe(404)
  expect((await fetch(`${gateway.url}/subreddits?limit=0`)).status).toBe(400)
  const missing = await fetch(`${gateway.url}/subreddit/nowhere`, { headers: { accept: 'text/html' } })
  expect(missing.status).toBe(404)
})

test('postScored goes on exactly behind a cursor', async () => {
  const query = 'subscription ($after: String) { postScored(after: $after) { cursor post { id } } }'
  const read = async (
    after: string | undefined,
    count: number,
  ): Promise<{ cursor: string; post: { id: string } }[]> => {
    const stopping = new AbortController()
    const response = await fetch(`${gateway.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
      body: JSON.stringify({ query, variables: { after } }),
      signal: stopping.signal,
    })
    const found: { cursor: string; post: { id: string } }[] = []
    let text = ''
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      text += chunk
      const frames = text.split('\n\n')
      text = frames.pop()!
      for (const frame of frames) {
        const data = /^data: (\{.*)$/m.exec(frame)?.[1]
        if (data !== undefined) found.push(JSON.parse(data).data.postScored)
      }
      if (found.length >= count) break
    }
    stopping.abort()
    return found
  }
  const beginning = Buffer.from(JSON.stringify(['scored', 0])).toString('base64url')
  const all = await read(beginning, 3)
  expect(all.map(({ post }) => post.id)).toEqual(['first00', 'second0', 'third00'])
  const rest = await read(all[0]!.cursor, 2)
  expect(rest.map(({ post }) => post.id)).toEqual(['second0', 'third00'])
})
