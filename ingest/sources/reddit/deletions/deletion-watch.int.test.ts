import { join } from 'node:path'
import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { expect, test, vi } from 'vitest'
import { startEraser } from '../../../../erasure/start-eraser.ts'
import { applyStreams } from '../../../../schema/apply-streams.ts'
import { encodeEvent, subjectOf } from '../../../../schema/events.ts'
import { COVERAGE, POSTS, SCORES } from '../../../../schema/streams.ts'
import { connectNats } from '../../../../schema/runtime/nats.ts'
import { postScored } from '../../../../schema/testing/builders.ts'
import { systemFetch, type Fetch } from '../../../http/fetch.ts'
import { serveStandIn } from '../../../testing/serve-stand-in.ts'
import { FIRST_ID, HOUR, MINUTE, SECOND } from '../../../testing/simulated-setting.ts'
import { SimulatedClock } from '../../../testing/simulated-clock.ts'
import { createPost } from '../../../testing/stand-in-listing.ts'
import { StandInReddit } from '../../../testing/stand-in-reddit.ts'
import { startSecuredNats } from '../../../../scripts/testing/start-secured-nats.ts'
import { filesWith } from '../../../../schema/testing/stored-bytes.ts'
import { silentLogger } from '../../../testing/test-source.ts'
import { startSource } from '../../live/start-source.ts'
import { createReddit } from '../create-reddit.ts'
import { LogErasures } from './log-erasures.ts'
import { LogPosts } from './log-posts.ts'

const SECRET = 'xylophonequartz'

/** Lets simulated time pass while no real request is running, until a condition holds. */
async function passUntil(clock: SimulatedClock, isIdle: () => boolean, isDone: () => Promise<boolean>): Promise<void> {
  while (!(await isDone())) if (isIdle()) await clock.pass(2 * SECOND)
}

/** A fetch that tells whether one of its requests is running. */
function countedFetch(): { readonly fetch: Fetch; readonly isIdle: () => boolean } {
  let underway = 0
  const fetch: Fetch = async (request, signal) => {
    underway++
    try {
      return await systemFetch(request, signal)
    } finally {
      underway--
    }
  }
  return { fetch, isIdle: () => underway === 0 }
}

test('with the users of nats.conf, a post that its author deletes is erased from a real log with its score', async () => {
  await using nats = await startSecuredNats()
  const { url, dataDir } = nats
  const clock = new SimulatedClock(Date.now())
  const reddit = new StandInReddit({ now: () => clock.trueMs })
  await using server = await serveStandIn((request) => reddit.handle(request))
  const connections: NatsConnection[] = []
  const connect = async (user: 'admin' | 'ingest'): Promise<NatsConnection> => {
    connections.push(await connectNats({ url, user, name: 'test', dataDir }))
    return connections.at(-1)!
  }
  const admin = await connect('admin')
  const jsm = await jetstreamManager(admin)
  await applyStreams(jsm)
  const count = async (stream: string): Promise<number> => (await jsm.streams.info(stream)).state.messages

  const posts = Array.from({ length: 20 }, (_, n) =>
    createPost(FIRST_ID + n, 'AskScience', clock.trueMs - (20 - n) * SECOND),
  )
  const doomed = createPost(FIRST_ID + 20, 'AskScience', clock.trueMs - SECOND, {
    untilMs: clock.trueMs + 30 * MINUTE,
  })
  const secret = { ...doomed, data: { ...doomed.data, title: SECRET, selftext: `${SECRET} at length` } }
  reddit.add([...posts, secret])

  const { fetch, isIdle } = countedFetch()
  const source = createReddit(
    {
      kind: 'reddit',
      clientId: 'an-id',
      clientSecret: 'a-secret',
      userAgent: 'linux:gravitas:0.1.0 (by /u/tester)',
      authUrl: server.origin,
      apiUrl: server.origin,
      subreddits: new Set(['askscience']),
      pollIntervalMs: MINUTE,
      check: false,
    },
    silentLogger,
    { clock, fetch, random: Math.random },
  )
  const connection = await connect('ingest')
  const postLog = { stored: await LogPosts.open(connection), erasures: new LogErasures(connection) }
  await using _eraser = await startEraser({ natsUrl: url, dataDir, logLevel: 'silent' }, silentLogger, {
    pollMs: 50,
    gatherMs: 50,
    retryMs: 50,
    restFactor: 0,
  })
  const letters = { store: () => expect.unreachable('a post was rejected') }
  {
    await using _running = await startSource({ source, connection, letters, logger: silentLogger, postLog })
    await passUntil(clock, isIdle, async () => (await count(POSTS)) === 21)
    const scored = postScored({ post_id: doomed.id, subreddit: 'AskScience' })
    await jetstream(admin).publish(
      subjectOf({ type: 'PostScored', model: scored.model, subreddit: 'AskScience' }),
      encodeEvent(scored),
    )
    expect(filesWith(join(dataDir, 'jetstream'), SECRET)).not.toEqual([])
    const startMs = clock.trueMs
    await passUntil(clock, isIdle, async () => (await count(POSTS)) === 22)
    expect(clock.trueMs - startMs).toBeGreaterThan(30 * MINUTE)
    expect(clock.trueMs - startMs).toBeLessThan(3 * HOUR)
    await vi.waitFor(async () => expect([await count(POSTS), await count(SCORES)]).toEqual([22, 0]), 20_000)
    await passUntil(clock, isIdle, async () => (await count(COVERAGE)) > 0)
  }
  expect(filesWith(join(dataDir, 'jetstream'), SECRET)).toEqual([])
  expect(await count(POSTS)).toBe(22)
  const erasure = await jsm.streams.getMessage(POSTS, {
    last_by_subj: subjectOf({ type: 'PostErased', subreddit: 'askscience' }),
  })
  expect(erasure!.json()).toMatchObject({ post_id: doomed.id, reason: 'deleted by its author', score_sequences: [1] })
  await Promise.all(connections.map((open) => open.close()))
}, 60_000)
