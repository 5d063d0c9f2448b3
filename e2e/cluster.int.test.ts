import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readIngestConfig } from '../ingest/config.ts'
import { startIngest } from '../ingest/start-ingest.ts'
import { ProjectorRunner } from '../projections/testing/projector-runner.ts'
import { applyStreams } from '../schema/apply-streams.ts'
import { findMissingReplicas, findSingleCopies, setReplicas } from '../schema/replicas.ts'
import type { Service } from '../schema/runtime/lifecycle.ts'
import { createLogger } from '../schema/runtime/logger.ts'
import { PINGS } from '../schema/runtime/nats.ts'
import { POSTS, SOURCE_POSITIONS_STREAM, STREAM_NAMES } from '../schema/streams.ts'

import { startTestCluster, type TestCluster } from '../schema/testing/nats-cluster.ts'
import { startScorer } from '../scorer/start-scorer.ts'
import { figuresOfViews } from './figures.ts'

/** The streams of events and the one of the sources' positions. */
const ALL_STREAMS = [...STREAM_NAMES, SOURCE_POSITIONS_STREAM]
const SUBREDDITS = ['AskScience', 'jokes', 'AskHistorians'] as const
const FIRST_UTC = 1_764_000_000
const SETTLE_MS = 40_000
const logger = createLogger('test', 'silent')

let cluster: TestCluster
let connection: NatsConnection
let jsm: JetStreamManager
let host: ProjectorRunner
let scorer: Service | undefined
let written = 0

beforeAll(async () => {
  PINGS.pingInterval = 1_000
  cluster = await startTestCluster()
  connection = await cluster.connect()
  jsm = await jetstreamManager(connection)
  await applyStreams(jsm)
  host = await ProjectorRunner.create(cluster.url)
  const config = { natsUrl: cluster.url, dataDir: host.dataDir, logLevel: 'silent', modelDir: 'ml/model' } as const
  scorer = await startScorer(config, logger)
  await host.startAll()
})

afterAll(async () => {
  await scorer?.[Symbol.asyncDispose]()
  await host?.[Symbol.asyncDispose]()
  await connection?.close()
  await cluster?.[Symbol.asyncDispose]()
})

const stored = async (): Promise<number> => (await jsm.streams.info(POSTS)).state.messages

/** Imports new posts. The import connects to the servers of `natsUrl` first, and hears of the others from them. */
async function importPosts(count: number, natsUrl = cluster.url, meanwhile?: () => Promise<void>): Promise<void> {
  const lines = Array.from({ length: count }, (_, index) => {
    const number = written + index
    const [id, subreddit] = [(36 ** 4 + number).toString(36), SUBREDDITS[number % SUBREDDITS.length]]
    return JSON.stringify({ id, subreddit, title: `question ${number % 100}`, created_utc: FIRST_UTC + number })
  })
  const file = join(host.dataDir, `${written}.ndjson`)
  await writeFile(file, lines.join('\n'))
  written += count
  const before = await stored()
  const settings = readIngestConfig({ NATS_URL: natsUrl, DATA_DIR: host.dataDir }, ['--source', 'dump', file])
  await using service = await startIngest(settings, logger)
  if (meanwhile !== undefined) {
    await Promise.race([until(async () => (await stored()) > before), service.failed])
    await meanwhile()
  }
  await service.finished
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

/** Resolves when the newest read model has as many posts as were written. Whether they are the right ones is for the test to say. */
const untilCounted = (dataDir = host.dataDir): Promise<void> =>
  until(() => countedIn(dataDir).every((counts) => totalOf(counts) >= totalOf(countedHere())))

const totalOf = (counts: Record<string, number>): number => Object.values(counts).reduce((sum, count) => sum + count, 0)

/** Resolves when every server has an up-to-date copy of every stream. */
async function untilHealed(streams: readonly string[] = ALL_STREAMS): Promise<void> {
  for (const name of streams) {
    await until(async () => {
      const { cluster: group, config: settings } = await jsm.streams.info(name)
      const current = group?.replicas?.filter((replica) => replica.current) ?? []
      return settings.num_replicas === 3 && current.length === 2
    })
  }
}

async function until(done: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = performance.now() + SETTLE_MS; performance.now() < end; await pause(20)) {
    try {
      if (await done()) return
    } catch {
      // While the cluster elects a leader, requests fail.
    }
  }
  throw new Error(`gave up waiting until ${String(done)}`)
}

const exact = (): Record<string, number>[] => [countedHere(), countedHere()]

test('a cluster with single copies is reported, and NATS_REPLICAS gives existing streams more', async () => {
  const before = await Promise.all(STREAM_NAMES.map((name) => jsm.streams.info(name)))
  expect(findSingleCopies(before)[0]?.what).toContain(STREAM_NAMES.join(', '))
  await expect(setReplicas(jsm, 5)).rejects.toThrow(/NATS_REPLICAS=5 needs 5 servers.*Start the missing servers/)
  expect(await setReplicas(jsm, 3)).toHaveLength(ALL_STREAMS.length)
  expect(await setReplicas(jsm, 3)).toEqual([])
  await untilHealed()
})

test('the leader of POSTS is killed during an import: everything goes on with two of three servers', async () => {
  const leader = await cluster.leaderOf(POSTS)
  await importPosts(8_000, cluster.url, () => cluster.kill(leader))
  await untilCounted()
  expect(countedIn(host.dataDir)).toEqual(exact())
  await importPosts(1_000)
  await untilCounted()
  expect(countedIn(host.dataDir)).toEqual(exact())
  await cluster.start(leader)
  await untilHealed()
  expect(findMissingReplicas([await jsm.streams.info(POSTS)])).toEqual([])
})

test('a server that hangs is left for another one by all that are connected to it, and nothing is lost', async () => {
  const leader = await cluster.leaderOf(POSTS)
  await importPosts(8_000, cluster.urls[leader], async () => cluster.suspend(leader))
  await untilCounted()
  expect(countedIn(host.dataDir)).toEqual(exact())
  expect(await cluster.leaderOf(POSTS)).not.toBe(leader)
  cluster.resume(leader)
})

test('a replay gives the same rows', async () => {
  await using replay = await ProjectorRunner.create(cluster.url)
  await replay.startAll()
  await untilCounted(replay.dataDir)
  expect(countedIn(replay.dataDir)).toEqual(exact())
  expect(figuresOfViews(replay.dataDir)).toEqual(figuresOfViews(host.dataDir))
})
