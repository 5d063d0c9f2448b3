import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { readIngestConfig } from '../ingest/config.ts'
import { startIngest } from '../ingest/start-ingest.ts'
import { projections } from '../projections/testing/all-projections.ts'
import { startProjector } from '../projections/projector.ts'
import { applyStreams } from '../schema/apply-streams.ts'
import { READ_MODEL_NAMES } from '../schema/read-models.ts'
import { findMissingReplicas } from '../schema/replicas.ts'
import type { Service } from '../schema/runtime/lifecycle.ts'
import { createLogger } from '../schema/runtime/logger.ts'
import { PINGS } from '../schema/runtime/nats.ts'
import { POSTS, SOURCE_POSITIONS_BUCKET, STREAM_NAMES } from '../schema/streams.ts'
import { startTestCluster, type TestCluster } from '../schema/testing/nats-cluster.ts'
import { startScorer } from '../scorer/start-scorer.ts'
import { figuresOfViews } from './figures.ts'

const SUBREDDITS = ['AskScience', 'jokes', 'AskHistorians'] as const
const FIRST_UTC = 1_764_000_000
const SETTLE = { timeout: 40_000, interval: 50 }
const logger = createLogger('test', (process.env['TEST_LOG'] as 'warn') ?? 'silent')

let cluster: TestCluster
let connection: NatsConnection
let jsm: JetStreamManager
let folder: string
let written = 0
const running: Service[] = []

beforeAll(async () => {
  PINGS.pingInterval = 1_000
  folder = await mkdtemp(join(tmpdir(), 'gravitas-cluster-data-'))
  cluster = await startTestCluster()
  connection = await cluster.connect()
  jsm = await jetstreamManager(connection)
  await applyStreams(jsm, 3)
  running.push(await startScorer({ ...config(folder), modelDir: 'ml/model' }, logger))
  running.push(...(await startProjectors(folder)))
})

afterAll(async () => {
  await stopAll()
  await connection?.close()
  await cluster?.[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

const config = (dataDir: string) => ({ natsUrl: cluster.url, dataDir, logLevel: 'silent' }) as const

const startProjectors = (dataDir: string): Promise<Service[]> =>
  Promise.all(READ_MODEL_NAMES.map((name) => startProjector(projections[name], config(dataDir), logger)))

const stopAll = (): Promise<unknown> => Promise.all(running.splice(0).map((service) => service[Symbol.asyncDispose]()))

const stored = async (): Promise<number> => (await jsm.streams.info(POSTS)).state.messages

/** Imports new posts. The import connects to the servers of `natsUrl` first, and hears of the others from them. */
async function importPosts(count: number, natsUrl = cluster.url, meanwhile?: () => Promise<void>): Promise<void> {
  const lines = Array.from({ length: count }, (_, index) => {
    const number = written + index
    const [id, subreddit] = [(36 ** 4 + number).toString(36), SUBREDDITS[number % SUBREDDITS.length]]
    return JSON.stringify({ id, subreddit, title: `question ${number % 100}`, created_utc: FIRST_UTC + number })
  })
  const file = join(folder, `${written}.ndjson`)
  await writeFile(file, lines.join('\n'))
  written += count
  const before = await stored()
  const settings = readIngestConfig({ NATS_URL: natsUrl, DATA_DIR: folder }, ['--source', 'dump', file])
  await using service = await startIngest(settings, logger)
  if (meanwhile !== undefined) {
    const begun = vi.waitFor(async () => expect(await stored()).toBeGreaterThan(before), { ...SETTLE, interval: 1 })
    await Promise.race([begun, service.failed])
    await meanwhile()
  }
  expect(await service.finished).toMatchObject({ broken: 0 })
}

/** The number of posts by subreddit, and by subreddit and hour, from the arithmetic that made them. */
function countedHere(): Record<string, number> {
  const counts: Record<string, number> = {}
  for (let number = 0; number < written; number++) {
    const subreddit = SUBREDDITS[number % SUBREDDITS.length]!.toLowerCase()
    const hour = new Date(Math.floor((FIRST_UTC + number) / 3_600) * 3_600_000).toISOString().replace('.000Z', 'Z')
    for (const key of [subreddit, `${subreddit} ${hour}`]) counts[key] = (counts[key] ?? 0) + 1
  }
  return counts
}

function countedIn(dataDir: string): Record<string, number>[] {
  const { bySubreddit, byHour, byPosts } = figuresOfViews(dataDir)
  const counts = (figures: object): Record<string, number> =>
    Object.fromEntries(Object.entries(figures).map(([key, { posts }]: [string, { posts: number }]) => [key, posts]))
  return [counts({ ...bySubreddit, ...byHour }), counts({ ...byPosts, ...byHour })]
}

/** Resolves when all read models have every post exactly once. */
const expectExact = (dataDir = folder): Promise<void> =>
  vi.waitFor(() => expect(countedIn(dataDir)).toEqual([countedHere(), countedHere()]), SETTLE)

/** Resolves when every server has an up-to-date copy of every stream. */
async function expectHealed(): Promise<void> {
  for (const name of [...STREAM_NAMES, `KV_${SOURCE_POSITIONS_BUCKET}`]) {
    await vi.waitFor(async () => {
      const info = await jsm.streams.info(name)
      expect(info.config.num_replicas).toBe(3)
      expect(info.cluster?.replicas?.map(({ current }) => current)).toEqual([true, true])
      expect(findMissingReplicas([info])).toEqual([])
    }, SETTLE)
  }
}

test('the leader of POSTS is killed during an import: everything goes on with two of three servers', async () => {
  const leader = await cluster.leaderOf(POSTS)
  await importPosts(8_000, cluster.url, () => cluster.kill(leader))
  await expectExact()
  await importPosts(1_000)
  await expectExact()
  await cluster.start(leader)
  await expectHealed()
})

test('a server that hangs is left for another one by all that are connected to it, and nothing is lost', async () => {
  const leader = await cluster.leaderOf(POSTS)
  await importPosts(8_000, cluster.urls[leader], async () => cluster.suspend(leader))
  await expectExact()
  cluster.resume(leader)
  await expectHealed()
})

test('a replay gives the same rows', async () => {
  const before = figuresOfViews(folder)
  await stopAll()
  const empty = await mkdtemp(join(folder, 'replay-'))
  running.push(...(await startProjectors(empty)))
  await expectExact(empty)
  expect(figuresOfViews(empty)).toEqual(before)
})
