import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { jetstream, jetstreamManager, type JetStreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { startProjector } from '../../projections/projector.ts'
import { projection as posts } from '../../projections/posts/projection.ts'
import { applyStreams } from '../../schema/apply-streams.ts'
import { encodeEvent, type GravitasEvent, subjectOf } from '../../schema/events.ts'
import { POSTS } from '../../schema/streams.ts'
import type { Explanation } from '../../schema/generated/api.ts'
import type { Service } from '../../schema/runtime/lifecycle.ts'
import { postErased, postScored, postSubmitted } from '../../schema/testing/builders.ts'
import { startTestNats, type TestNatsServer } from '../../schema/testing/nats-server.ts'
import { startScorer } from '../../scorer/start-scorer.ts'
import { startGateway } from '../start-gateway.ts'

const logger = pino({ level: 'silent' })
const MODEL_DIR = 'ml/model'
const post = postSubmitted({
  id: 'r1vers',
  title: 'Why do rivers meander?',
  selftext: 'I wonder about sediment and the erosion of banks.',
})
const SETTLE = { timeout: 20_000, interval: 20 }

interface Answer {
  readonly data: { readonly post: { seriousness: number | null; explanation: Explanation | null } | null }
  readonly errors?: readonly { readonly extensions: { readonly code: string } }[]
}

let stack: AsyncDisposableStack
let nats: TestNatsServer
let connection: NatsConnection
let jsm: JetStreamManager
let url: string
let scorer: Service

beforeEach(async () => {
  stack = new AsyncDisposableStack()
  nats = stack.use(await startTestNats())
  await connect()
  jsm = await jetstreamManager(connection)
  await applyStreams(jsm)
  const dataDir = await mkdtemp(join(tmpdir(), 'gravitas-explain-'))
  stack.defer(() => rm(dataDir, { recursive: true, force: true }))
  const shared = { natsUrl: nats.url, dataDir, logLevel: 'silent' } as const
  scorer = stack.use(await startScorer({ ...shared, modelDir: MODEL_DIR }, logger))
  stack.use(await startProjector(posts, shared, logger))
  url = stack.use(await startGateway({ ...shared, modelDir: MODEL_DIR, host: '127.0.0.1', port: 0 }, logger)).url
})
afterEach(() => stack.disposeAsync())

async function connect(): Promise<void> {
  const opened = await nats.connect()
  stack.defer(() => opened.close())
  connection = opened
}

const publish = async (subject: string, event: GravitasEvent): Promise<number> =>
  (await jetstream(connection).publish(subject, encodeEvent(event))).seq

async function ask(id = post.id): Promise<Answer> {
  const query = `query ($id: ID!) {
    post(id: $id) { seriousness explanation(first: 1000) { model seriousness base rest contributions { feature logit } } } }`
  const body = JSON.stringify({ query, variables: { id } })
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body,
  })
  return (await response.json()) as Answer
}

async function publishScored(): Promise<number> {
  const sequence = await publish(subjectOf(post), post)
  await vi.waitFor(async () => expect((await ask()).data.post?.seriousness).toBeTypeOf('number'), SETTLE)
  return sequence
}

test('a scored post is explained exactly by its title and text, until the text is erased', async () => {
  const sequence = await publishScored()
  const { data } = await ask()
  const { seriousness, base, rest, contributions } = data.post!.explanation!
  const logOdds = contributions.reduce((sum, { logit }) => sum + logit, base + rest)
  expect(1 / (1 + Math.exp(-logOdds))).toBeCloseTo(data.post!.seriousness!, 3)
  expect(seriousness).toBe(data.post!.seriousness)
  const features = contributions.map(({ feature }) => feature)
  expect(features).toEqual(expect.arrayContaining(['rivers', 'sediment']))

  await jsm.streams.deleteMessage(POSTS, sequence)
  expect(await ask()).toEqual({ data: { post: { seriousness, explanation: null } } })
  const { id: post_id, subreddit, created_utc } = post
  await publish(subjectOf({ type: 'PostErased', subreddit }), postErased({ post_id, subreddit, created_utc }))
  await vi.waitFor(async () => expect(await ask()).toEqual({ data: { post: null } }), SETTLE)
})

test('a score that names the text of another post, or none, is not explained', async () => {
  const sequence = await publishScored()
  const explained = (await ask()).data.post!.explanation!
  await scorer[Symbol.asyncDispose]()
  const others = [{ post_sequence: sequence }, { post_sequence: sequence + 1_000 }, {}]
  for (const [at, more] of others.entries()) {
    const other = postSubmitted({ id: `0ther${at}`, subreddit: 'Other' })
    const { id: post_id, subreddit, created_utc } = other
    const score = postScored({ post_id, subreddit, created_utc, model: explained.model, ...more })
    await publish(subjectOf({ type: 'PostScored', model: explained.model, subreddit }), score)
    await publish(subjectOf({ type: 'PostSubmitted', subreddit }), other)
    await vi.waitFor(async () => expect((await ask(post_id)).data.post?.seriousness).toBe(score.seriousness), SETTLE)
    expect(await ask(post_id)).toEqual({ data: { post: { seriousness: score.seriousness, explanation: null } } })
  }
})

test('without a log an explanation is an error, and with the log back it is complete again', async () => {
  await publishScored()
  const before = await ask()
  await nats.kill()
  const { data, errors } = await ask()
  const { seriousness } = before.data.post!
  expect([data.post, errors?.[0]?.extensions.code]).toEqual([{ seriousness, explanation: null }, 'LOG_UNAVAILABLE'])
  await nats.restart()
  await connect()
  await vi.waitFor(async () => expect(await ask()).toEqual(before), SETTLE)
  await publish(subjectOf(post), { ...post, id: 'second' })
  await vi.waitFor(async () => expect((await ask('second')).data.post?.explanation).toBeTruthy(), SETTLE)
})
