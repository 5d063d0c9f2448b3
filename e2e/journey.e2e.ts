import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { startEraser } from '../erasure/start-eraser.ts'
import { startGateway, type GatewayService } from '../gateway/start-gateway.ts'
import { readEvents } from '../gateway/testing/server-sent-events.ts'
import { startProjector } from '../projections/projector.ts'
import { projections } from '../projections/testing/all-projections.ts'
import { applyStreams } from '../schema/apply-streams.ts'
import { encodeEvent, subjectOf, subjectPattern, toMessage } from '../schema/events.ts'
import { POSTS } from '../schema/streams.ts'
import { createLogger } from '../schema/runtime/logger.ts'
import { hourCovered, postErased, postScored, postSubmitted } from '../schema/testing/builders.ts'
import { startTestNats, type TestNatsServer } from '../schema/testing/nats-server.ts'
import { startScorer } from '../scorer/start-scorer.ts'
import { launchBrowser } from './browser.ts'

const stack = new AsyncDisposableStack()
const logger = createLogger('e2e', 'silent')
let nats: TestNatsServer
let connection: NatsConnection
let gateway: GatewayService
let config: Parameters<typeof startGateway>[0]
let browser: Browser

beforeAll(async () => {
  nats = stack.use(await startTestNats())
  connection = await nats.connect()
  stack.defer(() => connection.close())
  await applyStreams(await jetstreamManager(connection))
  const dataDir = await mkdtemp(join(tmpdir(), 'gravitas-e2e-'))
  stack.defer(() => rm(dataDir, { recursive: true, force: true }))
  const shared = { natsUrl: nats.url, dataDir, logLevel: 'silent' } as const
  const modelDir = 'ml/model'
  stack.use(await startScorer({ ...shared, modelDir }, logger))
  stack.use(await startEraser(shared, logger))
  for (const projection of Object.values(projections)) stack.use(await startProjector(projection, shared, logger))
  config = { ...shared, modelDir, host: '127.0.0.1', port: 0 }
  gateway = stack.use(await startGateway(config, logger))
  browser = await launchBrowser()
  stack.defer(() => browser.close())
  await publish('first00', 'Why do rivers meander across flat plains?')
  const look = async (): Promise<void> => {
    if (!(await countOf('/subreddits')).includes('AskScience')) throw new Error('the first post has not arrived yet')
  }
  await vi.waitFor(look, { timeout: 20_000 })
})

afterAll(() => stack.disposeAsync())

async function publish(id: string, title: string, more: Parameters<typeof postSubmitted>[0] = {}): Promise<void> {
  const post = postSubmitted({ id, title, created_utc: Math.floor(Date.now() / 1_000), ...more })
  await jetstream(connection).publish(subjectOf(post), encodeEvent(post))
}

const countOf = async (path: string): Promise<string> => (await fetch(gateway.url + path)).text()

async function open(
  path: string,
  { url = gateway.url, ...options }: BrowserContextOptions & { url?: string } = {},
): Promise<{ page: Page; errors: string[] }> {
  const page = await browser.newPage(options)
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(error.message))
  await page.goto(url + path)
  return { page, errors }
}

const waitForLabel = (page: Page, label: string) => page.waitForSelector(`[data-testid=connection]:text-is("${label}")`)

/** A headless page is always visible, so this makes it report that it is hidden or visible. */
const setHidden = (page: Page, isHidden: boolean): Promise<void> =>
  page.evaluate((hidden) => {
    Object.defineProperty(document, 'hidden', { configurable: true, get: () => hidden })
    document.dispatchEvent(new Event('visibilitychange'))
  }, isHidden)

test('a post published to POSTS appears on the open page without a reload', async () => {
  const { page, errors } = await open('/')
  await waitForLabel(page, 'live')
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
  await page.waitForSelector('.chart svg path', { state: 'attached' })
  await waitForLabel(page, 'live')
  const before = Number(await page.textContent('[data-testid=posts-scored]'))
  await publish('third00', 'How is the age of very old rocks measured?')
  await page.waitForSelector(`[data-testid=posts-scored]:text-is("${before + 1}")`)
  await page.waitForSelector('[data-post-id=third00]')
  expect(errors).toEqual([])
  await page.close()
})

const HOUR_SECONDS = 3_600

async function report(hoursAgo: number, more: Parameters<typeof hourCovered>[0]): Promise<void> {
  const now = Math.floor(Date.now() / 1_000)
  const { subject, payload } = toMessage(
    hourCovered({ hour_utc: now - (now % HOUR_SECONDS) - hoursAgo * HOUR_SECONDS, ...more }),
  )
  await jetstream(connection).publish(subject, payload)
}

test('unseen hours are hatched and described in words as soon as they are reported', async () => {
  const { page, errors } = await open('/subreddit/askscience')
  await waitForLabel(page, 'live')
  expect(await page.locator('.chart .hatched').count()).toBe(0)
  expect(await page.locator('[data-testid=unseen-legend]').count()).toBe(0)
  // No later hour is reported, as when the source is down.
  await report(4, { coverage: 1 })
  await page.waitForSelector('[data-testid=unseen-legend]:has-text("2 hours on which no source has reported yet")')
  expect(await page.locator('.chart .hatched').count()).toBe(1)
  await report(2, { subreddit: 'AskScience', expected: null, seen: 1, erased: 0, unknown: 0, coverage: 0.62 })
  await report(3, { seen: 0, erased: 0, unknown: 61_200, coverage: 0 })
  await report(5, { coverage: 0.4 })
  await report(5, { coverage: 0.985 })
  await page.waitForSelector('[data-testid=unseen-legend]:has-text("2 hours of which less")')
  expect(await page.locator('.chart .hatched').count()).toBe(1)
  await page.focus('[role=slider]')
  const told = async (key: string): Promise<string | null> => {
    await page.keyboard.press(key)
    return page.getAttribute('[role=slider]', 'aria-valuetext')
  }
  expect(await told('End')).not.toContain('seen')
  expect(await told('ArrowLeft')).not.toContain('seen')
  expect(await told('ArrowLeft')).toMatch(/no posts; only 62.% of this hour was seen/)
  expect(await page.locator('section:has(#hours) .heading').textContent()).toMatch(/only 62.% of this hour was seen/)
  expect(await told('ArrowLeft')).toContain('nothing of this hour was seen')
  await page.click('text=The hours as a table')
  expect(await page.locator('tbody tr').allTextContents()).toEqual(
    expect.arrayContaining([expect.stringMatching(/62.%/), expect.stringMatching(/–\s*0\s*0.%/)]),
  )
  expect(errors).toEqual([])
  await page.close()
  const compared = await open('/compare?names=AskScience', { javaScriptEnabled: false })
  expect(await compared.page.locator('.chart .hatched').count()).toBe(1)
  expect(await compared.page.textContent('[data-testid=unseen-legend]')).toContain('at least one of them')
  await compared.page.close()
})

test('the same address answers a browser with a page and a program with JSON', async () => {
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

test('postScored resumes exactly after a cursor', async () => {
  const query = 'subscription ($after: String) { postScored(after: $after) { cursor post { id } } }'
  type ScoredPost = { cursor: string; post: { id: string } }
  const read = async (after: string | undefined, count: number): Promise<ScoredPost[]> => {
    const stopping = new AbortController()
    const response = await fetch(`${gateway.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
      body: JSON.stringify({ query, variables: { after } }),
      signal: stopping.signal,
    })
    const found: ScoredPost[] = []
    for await (const { postScored } of readEvents<{ postScored: ScoredPost }>(response)) {
      found.push(postScored)
      if (found.length === count) break
    }
    stopping.abort()
    return found
  }
  const reading = read(undefined, 3)
  // A subscription without a cursor brings only the posts that are scored after it began.
  let published = 0
  const ids = ['follow0', 'follow1', 'follow2', 'follow3', 'follow4', 'follow5']
  const publishing = setInterval(() => {
    const id = ids[published++]
    if (id !== undefined) void publish(id, 'How do birds find their way?')
  }, 100)
  const all = await reading
  clearInterval(publishing)
  const rest = await read(all[0]!.cursor, 2)
  expect(rest).toEqual(all.slice(1))
})

const titles = (page: Page): Promise<(string | null)[]> =>
  page.$$eval('[data-post-id]', (items) => items.map((item) => item.getAttribute('data-post-id')))

test('a hidden page closes its connection, and resumes after the last post', async () => {
  const { page, errors } = await open('/subreddit/askscience')
  await waitForLabel(page, 'live')
  await publish('hidden0', 'Why is the night sky dark?')
  await page.waitForSelector('[data-post-id=hidden0]')
  await setHidden(page, true)
  await waitForLabel(page, 'paused')
  await publish('hidden1', 'Do trees have a largest possible height?')
  await publish('hidden2', 'How do glaciers move?')
  await vi.waitFor(async () => expect(await countOf('/subreddit/askscience')).toContain('hidden2'))
  expect(await titles(page)).not.toContain('hidden2')
  await setHidden(page, false)
  await waitForLabel(page, 'live')
  await page.waitForSelector('[data-post-id=hidden2]')
  expect((await titles(page)).slice(0, 3)).toEqual(['hidden2', 'hidden1', 'hidden0'])
  expect(errors).toEqual([])
  await page.close()
})

test('a page survives a restart of the server, and then shows the posts that it missed', async () => {
  const first = await startGateway(config, logger)
  const port = Number(new URL(first.url).port)
  const overview = await open('/', { url: first.url })
  const table = await open('/subreddits', { url: first.url })
  for (const { page } of [overview, table]) await waitForLabel(page, 'live')
  const before = Number(await overview.page.textContent('[data-testid=posts-scored]'))
  await first[Symbol.asyncDispose]()
  for (const { page } of [overview, table]) await waitForLabel(page, 'reconnecting')
  await publish('without', 'What happens to sound in thin air?')
  await vi.waitFor(async () => expect(await countOf('/subreddit/askscience')).toContain('without'))
  await using _second = await startGateway({ ...config, port }, logger)
  for (const { page } of [overview, table]) await waitForLabel(page, 'live')
  await overview.page.waitForSelector(`[data-testid=posts-scored]:text-is("${before + 1}")`)
  await overview.page.waitForSelector('[data-post-id=without]')
  await table.page.waitForSelector(`[data-subreddit=AskScience] >> text="${before + 1}"`)
  expect([...overview.errors, ...table.errors]).toEqual([])
  await overview.page.close()
  await table.page.close()
})

test('a page whose cursor the server refuses continues with new posts', async () => {
  const { page } = await open('/')
  await waitForLabel(page, 'live')
  await publish('cursor0', 'Is there a limit to the number of elements?')
  await page.waitForSelector('[data-post-id=cursor0]')
  let foreign = 0
  await page.route('**/graphql', (route) => {
    const body = route.request().postDataJSON() as { variables: { after?: string } }
    if (body.variables.after === undefined) return route.continue()
    foreign++
    const after = Buffer.from(JSON.stringify(['scored', 1, 'another log'])).toString('base64url')
    return route.continue({ postData: JSON.stringify({ ...body, variables: { ...body.variables, after } }) })
  })
  await setHidden(page, true)
  await waitForLabel(page, 'paused')
  await publish('cursor1', 'Why do some metals stay shiny?')
  await setHidden(page, false)
  await waitForLabel(page, 'live')
  await page.waitForSelector('[data-post-id=cursor1]')
  expect(foreign).toBe(1)
  await page.close()
})

const why = (id: string): string => `[data-post-id=${id}] >> text=Why?`
const bars = (id: string): string => `[data-post-id=${id}] [aria-label="What pulled the score"] li`

test('a post explains its score, and its list holds still meanwhile', async () => {
  await publish('why0000', 'Why is glass transparent?', { selftext: 'Metals are opaque, and so is chalk.' })
  const { page, errors } = await open('/subreddit/askscience')
  await waitForLabel(page, 'live')
  await page.focus(why('why0000'))
  await page.keyboard.press('Enter')
  await page.waitForSelector(bars('why0000'))
  expect(await page.getAttribute(why('why0000'), 'aria-expanded')).toBe('true')
  expect(await page.locator(bars('why0000')).allTextContents()).toContainEqual(
    expect.stringMatching(/\S+\s+[+−]\d\.\d\d, towards (serious|banter)/),
  )
  await page.evaluate(() => (document.activeElement as HTMLElement).blur())
  await publish('why0001', 'Why is honey sticky?')
  await page.waitForSelector('text="1 new"')
  expect(await titles(page)).not.toContain('why0001')
  await page.focus(why('why0000'))
  await page.keyboard.press('Enter')
  await page.waitForSelector(bars('why0000'), { state: 'detached' })
  await page.evaluate(() => (document.activeElement as HTMLElement).blur())
  await page.waitForSelector('[data-post-id=why0001]')
  expect(errors).toEqual([])
  await page.close()
})

test('an explanation that failed can be requested again; an erased post has none', async () => {
  await publish('why0002', 'Why do cats purr?')
  const options = { viewport: { width: 360, height: 740 }, hasTouch: true }
  const { page, errors } = await open('/', options)
  await page.waitForSelector('[data-post-id=why0002]')
  await waitForLabel(page, 'live')
  await page.route('**/graphql', (route) =>
    route.request().postData()!.includes('explanation') ? route.abort() : route.continue(),
  )
  await page.tap(why('why0002'))
  await page.waitForSelector('text=The server does not answer.')
  await page.unroute('**/graphql')
  await page.tap('text=Try again')
  await page.waitForSelector(bars('why0002'))
  expect(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)).toBe(false)
  const jsm = await jetstreamManager(connection)
  const { last_seq: sequence } = (await jsm.streams.info(POSTS)).state
  await jsm.streams.deleteMessage(POSTS, sequence)
  await page.tap(why('why0002'))
  await page.tap(why('why0002'))
  await page.waitForSelector('text=This score cannot be explained')
  // Without the event, the deleted message would be a lost one.
  const erased = postErased({ post_id: 'why0002', post_sequences: [sequence] })
  await jetstream(connection).publish(subjectOf(erased), encodeEvent(erased))
  expect(errors).toEqual([])
  await page.close()
  const plain = await open('/', { javaScriptEnabled: false })
  expect(await plain.page.isVisible(why('why0002'))).toBe(false)
  await plain.page.close()
})

test('subreddits are searched while typing and sorted, and both are part of the address', async () => {
  await publish('jokes00', 'A horse walks into a bar', { subreddit: 'Jokes' })
  const { page, errors } = await open('/subreddits')
  await page.waitForSelector('[data-subreddit=Jokes]')
  await waitForLabel(page, 'live')
  await page.type('input[type=search]', 'jok')
  await page.waitForURL('**/subreddits?search=jok')
  await page.waitForSelector('[data-subreddit=AskScience]', { state: 'detached' })
  expect(await page.evaluate(() => document.activeElement?.id)).toBe('search')
  expect(await page.inputValue('#search')).toBe('jok')
  await page.click('th >> text=Seriousness')
  await page.waitForURL('**/subreddits?search=jok&order=most_serious')
  expect(await page.getAttribute('th:has-text("Seriousness")', 'aria-sort')).toBe('descending')
  await page.click('th >> text=Seriousness')
  await page.waitForSelector('th[aria-sort=ascending]:has-text("Seriousness")')
  await page.goBack()
  await page.waitForSelector('th[aria-sort=descending]:has-text("Seriousness")')
  expect(errors).toEqual([])
  await page.close()
})

test('subreddits are chosen in a form and compared in one chart, also without JavaScript', async () => {
  const { page, errors } = await open('/compare?names=askscience,nowhere,JOKES')
  await page.waitForSelector('text=No posts of r/nowhere')
  expect(await page.locator('.chart path').count()).toBeGreaterThanOrEqual(2)
  await waitForLabel(page, 'live')
  await page.focus('[role=slider]')
  await page.keyboard.press('Home')
  expect(await page.getAttribute('[role=slider]', 'aria-valuenow')).toBe('0')
  expect(await page.getAttribute('[role=slider]', 'aria-valuetext')).toContain('AskScience –, Jokes –')
  expect(errors).toEqual([])
  await page.close()

  const plain = await open('/compare', { javaScriptEnabled: false })
  await plain.page.fill('input[name=names] >> nth=0', 'r/AskScience')
  await plain.page.fill('input[name=names] >> nth=2', 'Jokes')
  await plain.page.click('button >> text=Compare')
  await plain.page.waitForURL('**/compare?names=AskScience,Jokes')
  expect(await plain.page.locator('.chart path').count()).toBeGreaterThanOrEqual(2)
  await plain.page.close()
})

test('the pipeline page shows the checkpoint of each read model', async () => {
  const { page, errors } = await open('/pipeline')
  await waitForLabel(page, 'live')
  const before = Number(await page.textContent('[data-testid=posts]'))
  await publish('piped00', 'Why does ice float?')
  await page.waitForSelector(`[data-testid=posts]:text-is("${before + 1}")`)
  const { last_seq: last } = (await (await jetstreamManager(connection)).streams.info(POSTS)).state
  await page.waitForSelector(`[data-projection=posts] >> text="POSTS ${last.toLocaleString('en')}"`)
  expect(errors).toEqual([])
  await page.close()
})

test('no page is wider than a phone, whatever the titles contain', async () => {
  await publish('long000', 'w'.repeat(200), { subreddit: 'ALongNameOfTwentyFour_24' })
  await publish('rtl0000', 'מדוע השמיים כחולים? 👩‍👩‍👧‍👦 <script>document.title = "no"</script>', {
    subreddit: 'ALongNameOfTwentyFour_24',
    permalink: 'https://evil.example/',
  })
  await vi.waitFor(async () => expect(await countOf('/subreddit/ALongNameOfTwentyFour_24')).toContain('rtl0000'))
  const paths = ['/', '/subreddits', '/subreddit/ALongNameOfTwentyFour_24', '/pipeline', '/subreddit/nowhere']
  for (const path of [...paths, '/compare', '/compare?names=ALongNameOfTwentyFour_24,AskScience,Jokes']) {
    const { page, errors } = await open(path, { viewport: { width: 360, height: 740 } })
    expect([path, await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)]).toEqual([path, false])
    expect(await page.title()).toContain('Gravitas')
    expect(await page.locator('a[href*=evil]').count()).toBe(0)
    expect(errors).toEqual([])
    await page.close()
  }
})

test('pages warn that the scorers use another scoring model than the shown one, until it is promoted', async () => {
  const { name } = JSON.parse(await readFile('ml/model/model.json', 'utf8')) as { name: string }
  const promote = (model: string) =>
    jetstream(connection).publish(subjectPattern('ModelPromoted'), encodeEvent({ type: 'ModelPromoted', model }))
  // Only a scoring model with scores can be shown.
  const score = postScored({ post_id: 'nopost', model: 'another-1' })
  await jetstream(connection).publish(subjectOf(score), encodeEvent(score))
  await promote('another-1')
  const problems = async (): Promise<unknown[]> =>
    ((await (await fetch(`${gateway.url}/readyz`)).json()) as { problems: unknown[] }).problems
  await vi.waitFor(async () => expect(await problems()).toHaveLength(1), { timeout: 20_000 })
  const { page, errors } = await open('/pipeline')
  expect(await page.textContent('[data-testid=problem]')).toContain(`npm run promote -- ${name}`)
  await waitForLabel(page, 'not current')
  await promote(name)
  await page.waitForSelector('[data-testid=problem]', { state: 'detached' })
  await waitForLabel(page, 'live')
  expect(errors).toEqual([])
  await page.close()
})
