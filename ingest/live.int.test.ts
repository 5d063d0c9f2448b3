import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Environment } from '../schema/runtime/environment.ts'
import { createLogger } from '../schema/runtime/logger.ts'
import { applyStreams } from '../schema/apply-streams.ts'
import { DEAD, POSTS } from '../schema/streams.ts'
import { startTestNats, type TestNatsServer } from '../schema/testing/nats-server.ts'
import { checkSource } from './check-source.ts'
import { readIngestConfig, type KeylessSource, type RedditSource } from './config.ts'
import { Positions } from './position.ts'
import { systemClock } from './http/clock.ts'
import { realWorld, type World } from './http/world.ts'
import { startIngest, type IngestService } from './start-ingest.ts'
import { FAULTS } from './testing/faults.ts'
import { serveStandIn } from './testing/serve-stand-in.ts'
import { StandInFeed } from './testing/stand-in-feed.ts'
import { createPost, type StandInPost } from './testing/stand-in-listing.ts'
import { StandInReddit, type Fault } from './testing/stand-in-reddit.ts'

const FIRST_ID = 36 ** 6
const silent = createLogger('ingest', 'silent')

let nats: TestNatsServer
let connection: NatsConnection
let jsm: JetStreamManager
let folder: string
let reddit: StandInReddit
let server: Awaited<ReturnType<typeof serveStandIn>>
/** Each fault is met by one request. */
let faults: Fault[]

beforeEach(async () => {
  nats = await startTestNats()
  connection = await nats.connect()
  jsm = await jetstreamManager(connection)
  folder = await mkdtemp(join(tmpdir(), 'gravitas-live-'))
  await applyStreams(jsm)
  faults = []
  reddit = new StandInReddit({ now: () => Date.now(), fault: () => faults.shift() })
  server = await serveStandIn((request) => reddit.handle(request))
})

afterEach(async () => {
  await server[Symbol.asyncDispose]()
  await connection.close()
  await nats[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

/** One post for each of the last `count` seconds. */
const recent = (subreddit: string, count: number, firstId = FIRST_ID): StandInPost[] =>
  Array.from({ length: count }, (_, n) => createPost(firstId + n, subreddit, Date.now() - (count - n) * 1_000))

const settings = (more: Record<string, string> = {}): Environment => ({
  NATS_URL: nats.url,
  DATA_DIR: folder,
  LOG_LEVEL: 'silent',
  SOURCE: 'reddit',
  REDDIT_CLIENT_ID: 'an-id',
  REDDIT_CLIENT_SECRET: 'a-secret',
  REDDIT_USER_AGENT: 'linux:gravitas:0.1.0 (by /u/tester)',
  REDDIT_AUTH_URL: server.origin,
  REDDIT_API_URL: server.origin,
  POLL_INTERVAL_MS: '100',
  ...more,
})

/** The real world, but pauses between requests are a twentieth as long. */
const world: World = {
  ...realWorld,
  clock: { ...systemClock, sleep: (ms, signal) => systemClock.sleep(ms / 20, signal) },
}

const start = (more: Record<string, string> = {}): Promise<IngestService> =>
  startIngest(readIngestConfig(settings(more), []), silent, undefined, world)

const stored = async (stream = POSTS as string): Promise<number> => (await jsm.streams.info(stream)).state.messages
const untilStored = (count: number): Promise<void> =>
  vi.waitFor(async () => expect(await stored()).toBe(count), { interval: 20, timeout: 30_000 })

describe('reddit', () => {
  test('reads listings over HTTP despite cut connections and errors, and after a restart goes on where it was', async () => {
    reddit.add(recent('AskScience', 250))
    const met = new Set(['a cut connection', '502 as HTML', 'JSON that is neither a listing nor a token', '401'])
    faults.push(...FAULTS.filter(([name]) => met.has(name)).map(([, fault]) => fault))
    {
      await using _service = await start({ SUBREDDITS: 'askscience' })
      await untilStored(250)
    }
    expect(faults).toEqual([])
    const positions = await Positions.open(connection, () => {})
    expect(await positions.read('reddit.listing')).toMatchObject({ unread: [] })
    const before = reddit.log.length
    reddit.add(recent('AskScience', 20, FIRST_ID + 1_000))
    await using _service = await start({ SUBREDDITS: 'askscience' })
    await untilStored(270)
    expect(reddit.log.slice(before).filter(({ query }) => query.includes('after='))).toHaveLength(0)
    const message = await jsm.streams.getMessage(POSTS, { seq: 270 })
    expect(message!.json()).toMatchObject({ subreddit: 'AskScience', source: 'reddit' })
    expect(message!.string()).not.toContain('somebody')
  })

  test('sweeps all ids', async () => {
    reddit.add(recent('memes', 300))
    await using _service = await start()
    await untilStored(300)
    reddit.add(recent('memes', 50, FIRST_ID + 300))
    await untilStored(350)
    expect(reddit.log.some(({ path }) => path === '/api/info')).toBe(true)
  })

  test('an invalid post goes to DEAD without its author, and the others are stored', async () => {
    const [good, ...bad] = recent('AskScience', 3)
    const broken = [{ title: 7 }, { created_utc: 5 }]
    reddit.add([good!, ...bad.map((post, n) => Object.assign({}, post, { data: { ...post.data, ...broken[n] } }))])
    await using _service = await start({ SUBREDDITS: 'askscience' })
    await untilStored(1)
    await vi.waitFor(async () => expect(await stored(DEAD)).toBe(2))
    const letter = await jsm.streams.getMessage(DEAD, { seq: 1 })
    expect(letter!.header.get('Gravitas-Source')).toBe('reddit')
    expect(letter!.string()).not.toContain('somebody')
  })

  test('the same post from two sources is stored once', async () => {
    const posts = recent('AskScience', 20)
    reddit.add(posts)
    const feed = new StandInFeed(posts, () => Date.now())
    await using feeds = await serveStandIn((request) => feed.handle(request))
    await using _rss = await start({ SOURCE: 'rss', SUBREDDITS: 'askscience', REDDIT_RSS_URL: feeds.origin })
    await untilStored(20)
    await using _reddit = await start({ SUBREDDITS: 'askscience' })
    reddit.add(recent('AskScience', 1, FIRST_ID + 20))
    await untilStored(21)
    expect(await stored(DEAD)).toBe(0)
  })

  test('stops although the NATS server is gone while posts are being stored; the next start stores them', async () => {
    const service = await start({ SUBREDDITS: 'askscience' })
    const listings = (): number => reddit.log.filter(({ path }) => path.startsWith('/r/')).length
    await vi.waitFor(() => expect(listings()).toBe(1), { timeout: 10_000 })
    await nats.kill()
    reddit.add(recent('AskScience', 5))
    const before = listings()
    await vi.waitFor(() => expect(listings()).toBeGreaterThan(before), { timeout: 10_000 })
    await service[Symbol.asyncDispose]()
    await nats.restart()
    await using _service = await start({ SUBREDDITS: 'askscience' })
    await untilStored(5)
  }, 30_000)
})

const check = (more: Record<string, string>): ReturnType<typeof checkSource> => {
  const { source } = readIngestConfig(settings(more), ['--check'])
  return checkSource(source as RedditSource | KeylessSource, silent)
}

describe('--check', () => {
  test('says what can be read', async () => {
    reddit.subreddits.set('secret', { status: 403, reason: 'private' })
    expect(await check({ SUBREDDITS: 'askscience,secret' })).toEqual({
      works: true,
      text: 'Reddit accepts the client an-id with its secret; r/askscience can be read. Not readable: r/secret (403 private).',
    })
  })

  test('says what is wrong with the credentials', async () => {
    expect(await check({ REDDIT_CLIENT_SECRET: 'wrong' })).toEqual({
      works: false,
      text: 'It does not work: access token: Reddit does not accept the client id and secret (401).',
    })
  })

  test('says that nothing answers', async () => {
    const { works, text } = await check({ REDDIT_AUTH_URL: 'http://127.0.0.1:1' })
    expect(works).toBe(false)
    expect(text).toContain('connection failed')
  })

  test('tries feeds and the archive', async () => {
    const feed = new StandInFeed(recent('askscience', 3), () => Date.now())
    await using feeds = await serveStandIn((request) => feed.handle(request))
    expect(await check({ SOURCE: 'rss', SUBREDDITS: 'askscience', REDDIT_RSS_URL: feeds.origin })).toEqual({
      works: true,
      text: 'The feed of askscience can be read: 3 posts.',
    })
    const answer = { status: 200, text: '{"data":[{"id":"a"}]}', headers: { get: () => null } }
    await using archive = await serveStandIn(() => answer)
    expect(await check({ SOURCE: 'arctic-shift', SUBREDDITS: 'askscience', ARCTIC_SHIFT_URL: archive.origin })).toEqual(
      {
        works: true,
        text: 'The archive answers: 1 posts in r/askscience within the last day.',
      },
    )
  })
})
