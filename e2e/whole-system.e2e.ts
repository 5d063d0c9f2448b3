import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { jetstream, jetstreamManager, type JetStreamClient, type JetStreamManager } from '@nats-io/jetstream'
import { connect, type NatsConnection } from '@nats-io/transport-node'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { requireStream } from '../schema/apply-streams.ts'
import { encodeEvent, EVENTS, subjectOf, toMessage } from '../schema/events.ts'
import { COVERAGE, DEAD, POSTS } from '../schema/streams.ts'
import { createLogger } from '../schema/runtime/logger.ts'
import { connectNats } from '../schema/runtime/nats.ts'
import { DurablePublisher } from '../schema/runtime/publish.ts'
import { hourCovered, postErased, postSubmitted } from '../schema/testing/builders.ts'
import { figuresOfGraphQL, figuresOfLog, figuresOfRest, figuresOfViews, type AllFigures } from './figures.ts'
import { Launcher, ownSettings, processesOn, type Settings } from './running-system.ts'

const SETTLE = { timeout: 45_000, interval: 100 }
const STOP_MS = 10_000
const HOUR_SECONDS = 3_600
const SUBREDDITS = ['AskScience', 'jokes', 'AskHistorians'] as const
const TITLES = ['Why does ice float on water?', 'lol my cat did it again', 'How were Roman roads paid for?'] as const
const nowSeconds = Math.floor(Date.now() / 1_000)
const from = new Date((nowSeconds - 6 * 24 * HOUR_SECONDS) * 1_000).toISOString()

const malformed: readonly (readonly [what: string, payload: string])[] = [
  ['bad JSON', '{"type":"PostSubmitted",'],
  ['a bad id', JSON.stringify({ ...postSubmitted(), id: 'not base36!' })],
  ['no title', JSON.stringify({ ...postSubmitted(), title: undefined })],
  ['created in 2004', JSON.stringify(postSubmitted({ created_utc: 1_090_000_000 }))],
  ['created two days ahead', JSON.stringify(postSubmitted({ created_utc: nowSeconds + 2 * 24 * HOUR_SECONDS }))],
  ['wrong types', JSON.stringify({ ...postSubmitted(), title: 7, is_self: 'yes' })],
]

describe('the whole system', () => {
  let dataDir: string
  let settings: Settings
  let system: Launcher
  let url: string
  let connection: NatsConnection
  let js: JetStreamClient
  let jsm: JetStreamManager
  let nextPost = 0
  /** How many posts the figures should count. */
  let published = 120

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'gravitas-whole-'))
    settings = await ownSettings(dataDir)
    await start()
  })

  afterAll(async () => {
    await connection?.close()
    system?.signal('SIGKILL')
    for (const pid of processesOn(dataDir)) process.kill(pid, 'SIGKILL')
    await rm(dataDir, { recursive: true, force: true, maxRetries: 5 })
  })

  async function start(): Promise<void> {
    system = new Launcher(settings)
    url = await system.url()
    const context = JSON.parse(await readFile(join(dataDir, 'nats-context.json'), 'utf8')) as Record<string, string>
    connection = await connect({
      servers: context['url']!,
      user: context['user']!,
      pass: context['password']!,
      maxReconnectAttempts: -1,
      reconnectTimeWait: 100,
    })
    js = jetstream(connection, { timeout: 2_000 })
    jsm = await jetstreamManager(connection)
  }

  const makePost = (): ReturnType<typeof postSubmitted> => {
    const number = nextPost++
    return postSubmitted({
      id: `w${number.toString(36)}`,
      subreddit: SUBREDDITS[number % 3]!,
      title: `${TITLES[number % 3]!} ${number}`,
      created_utc: nowSeconds - (number % 50) * HOUR_SECONDS,
    })
  }

  /** Publishes again until the log acknowledges, because the server may be restarting. */
  async function publish(subject: string, payload: string, msgID?: string): Promise<void> {
    for (;;) {
      try {
        await js.publish(subject, payload, msgID === undefined ? {} : { msgID })
        return
      } catch {
        await connection.flush()
      }
    }
  }

  async function publishPost(post: ReturnType<typeof postSubmitted>, withId = true): Promise<void> {
    const msgID = withId ? EVENTS.PostSubmitted.messageId({ id: post.id }) : undefined
    await publish(subjectOf(post), encodeEvent(post), msgID)
  }

  /** Publishes every fifth post twice with its message id, and every seventh again without one. */
  async function publishPosts(count: number): Promise<void> {
    const posts = Array.from({ length: count }, makePost)
    for (const [index, post] of posts.entries()) {
      await publishPost(post)
      if (index % 5 === 0) await publishPost(post)
      if (index % 7 === 0) await publishPost(post, false)
    }
  }

  async function publishUntil(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await publishPosts(20)
      published += 20
    }
  }

  const erase = (post: ReturnType<typeof postSubmitted>): Promise<void> => {
    const { id, subreddit, created_utc } = post
    const event = postErased({ post_id: id, subreddit, created_utc })
    return publish(
      subjectOf({ type: 'PostErased', subreddit }),
      encodeEvent(event),
      EVENTS.PostErased.messageId({ post_id: id }),
    )
  }

  /**
   * Waits until the figures of GraphQL, REST and the SQL views equal those of the log, which must count `posts` posts.
   */
  async function expectAgreement(posts: number): Promise<AllFigures> {
    return vi.waitFor(async () => {
      const log = await figuresOfLog(jsm)
      expect(sumOfPosts(log)).toBe(posts)
      expect(await figuresOfGraphQL(url, from)).toEqual(log)
      expect(await figuresOfRest(url)).toEqual(log)
      const { byPosts, ...views } = figuresOfViews(dataDir)
      expect(views).toEqual(log)
      expect(byPosts).toEqual(log.bySubreddit)
      return log
    }, SETTLE)
  }

  async function readDead(): Promise<{ by: string; reason: string; payload: string }[]> {
    const { state } = await jsm.streams.info(DEAD)
    const letters = []
    for (let seq = state.first_seq; seq <= state.last_seq; seq++) {
      const message = await jsm.streams.getMessage(DEAD, { seq })
      if (message === null) continue
      letters.push({ by: message.subject, reason: message.header.get('Gravitas-Reason'), payload: message.string() })
    }
    return letters
  }

  async function killed(name: string): Promise<void> {
    const pid = system.pids()[name]!
    process.kill(pid, 'SIGKILL')
    await vi.waitFor(() => expect(system.pids()[name] ?? pid).not.toBe(pid), SETTLE)
  }

  test('prints only its address, and writes a context that only its owner can read', async () => {
    expect(system.stdout).toBe(`\n  Gravitas is running: ${url}\n  Ctrl-C stops it.\n\n`)
    expect(url).toBe(`http://127.0.0.1:${settings['PORT']}`)
    expect((await stat(join(dataDir, 'nats-context.json'))).mode & 0o777).toBe(0o600)
  })

  test('all interfaces agree with the log, also after duplicates, malformed events and erasures', async () => {
    await publishPosts(published)
    for (const [, payload] of malformed)
      await publish(subjectOf({ type: 'PostSubmitted', subreddit: 'AskScience' }), payload)
    const late = makePost()
    await erase(late)
    const early = makePost()
    await publishPost(early)
    await Promise.all([erase(early), publishPost(late)])
    await expectAgreement(published)
    expect((await fetch(`${url}/subreddit/askscience`)).status).toBe(200)
  })

  test('a score is explained with the NATS rights of the gateway', async () => {
    const query = `{ posts(subreddit: "AskScience", first: 1) { nodes { explanation { contributions { feature } } } } }`
    const response = await fetch(`${url}/graphql?query=${encodeURIComponent(query)}`)
    const { data } = (await response.json()) as { data: { posts: { nodes: { explanation: unknown }[] } } }
    const explanation = { contributions: expect.arrayContaining([{ feature: expect.any(String) }]) }
    expect(data.posts.nodes).toEqual([{ explanation }])
  })

  test('a source reports how much of an hour it saw with the NATS rights of a source', async () => {
    const logger = createLogger('e2e', 'silent')
    const address = { url: `nats://127.0.0.1:${settings['NATS_PORT']}`, user: 'ingest', dataDir } as const
    const ingest = await connectNats({ ...address, name: 'e2e', logger })
    try {
      const hour_utc = nowSeconds - (nowSeconds % HOUR_SECONDS) - HOUR_SECONDS
      const reports = [hourCovered({ hour_utc, coverage: 0 }), hourCovered({ hour_utc })].map(toMessage)
      await requireStream(await jetstreamManager(ingest), COVERAGE)
      expect(await new DurablePublisher(ingest).publish(reports)).toMatchObject({ stored: 2, duplicates: 0 })
    } finally {
      await ingest.close()
    }
    await vi.waitFor(async () => {
      const { coverage } = (await (await fetch(`${url}/subreddit/askscience`)).json()) as { coverage: object[] }
      expect(coverage).toMatchObject([{ source: 'reddit', share: 0.985 }])
    }, SETTLE)
  })

  test('a malformed event is in DEAD once, with the reason, although several processes refuse it', async () => {
    await vi.waitFor(async () => {
      const dead = await readDead()
      expect(dead.map(({ payload }) => payload).toSorted()).toEqual(malformed.map(([, text]) => text).toSorted())
      for (const { by, reason } of dead) expect([by, reason]).toEqual(['dead.posts', expect.stringMatching(/./)])
    }, SETTLE)
  })

  test('nothing under DATA_DIR can be read or listed by other users', async () => {
    const entries = await readdir(dataDir, { recursive: true })
    for (const part of ['posts.db-wal', 'jetstream', 'nats-server.log', 'launcher.pid', 'pids'])
      expect(entries).toContain(part)
    const open: string[] = []
    for (const entry of entries) {
      // Streams delete files while they are listed.
      const found = await stat(join(dataDir, entry)).catch(() => undefined)
      if (found !== undefined && (found.mode & 0o077) !== 0) open.push(entry)
    }
    expect(open).toEqual([])
  })

  test('a second launcher is refused in the same data folder, and on a port that is taken', async () => {
    const second = new Launcher(await ownSettings(dataDir))
    const other = await mkdtemp(join(tmpdir(), 'gravitas-other-'))
    const onTakenPort = new Launcher({ ...(await ownSettings(other)), PORT: settings['PORT']! })
    try {
      expect(await second.exited).toBe(1)
      expect(second.stderr).toContain(`already runs on ${dataDir}`)
      expect(await onTakenPort.exited).toBe(1)
      expect(onTakenPort.stderr).toContain(`port ${settings['PORT']} is taken`)
      expect(onTakenPort.stderr).toContain('Set PORT')
    } finally {
      for (const launcher of [second, onTakenPort]) launcher.signal('SIGKILL')
      await rm(other, { recursive: true, maxRetries: 5 })
    }
  }, 20_000)

  test('killed processes restart while more posts are published, and all interfaces agree again', async () => {
    const before = published
    const killing = new AbortController()
    const publishing = publishUntil(killing.signal)
    for (const name of ['scorer', 'projector-hourly', 'nats-server']) await killed(name)
    killing.abort()
    await publishing
    expect(published).toBeGreaterThan(before)
    await expectAgreement(published)
  })

  test('SIGINT ends everything within ten seconds, and the next start in the same data folder shows the same figures', async () => {
    const before = await expectAgreement(published)
    const { state } = await jsm.streams.info(POSTS)
    await connection.close()
    const asked = performance.now()
    system.signal('SIGINT')
    expect(await system.exited).toBe(0)
    expect(performance.now() - asked).toBeLessThan(STOP_MS)
    expect(processesOn(dataDir)).toEqual([])
    await start()
    expect((await jsm.streams.info(POSTS)).state.last_seq).toBe(state.last_seq)
    expect(await expectAgreement(published)).toEqual(before)
  })
})

const sumOfPosts = ({ bySubreddit }: AllFigures): number =>
  Object.values(bySubreddit).reduce((sum, { posts }) => sum + posts, 0)
