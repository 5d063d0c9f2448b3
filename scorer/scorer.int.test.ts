import { join } from 'node:path'
import { Writable } from 'node:stream'
import { AckPolicy, jetstream, jetstreamManager, type JsMsg } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { applyStreams } from '../schema/apply-streams.ts'
import { deadSubject } from '../schema/dead-letters.ts'
import { encodeEvent, type PostScored, type PostSubmitted, subjectOf, subjectPattern } from '../schema/events.ts'
import { Health } from '../schema/heartbeat.ts'
import { Outbox } from '../schema/outbox/outbox.ts'
import { DEAD, MODELS, POSTS, SCORES } from '../schema/streams.ts'
import { toPostId } from '../schema/post-id.ts'
import { readShownModel } from '../schema/scoring-models.ts'
import type { Service } from '../schema/runtime/lifecycle.ts'
import { createLogger } from '../schema/runtime/logger.ts'
import { DurablePublisher } from '../schema/runtime/publish.ts'
import { postSubmitted } from '../schema/testing/builders.ts'
import { startTestNats, type TestNatsServer } from '../schema/testing/nats-server.ts'
import { PostConsumer } from './consume-posts.ts'
import { loadScoringModel } from './models/load-model.ts'
import type { ScoringModel } from './models/scoring-model.ts'
import { BatchScorer } from './score-batch.ts'
import { startScorer } from './start-scorer.ts'
import { writeTinyTransformer } from './testing/tiny-transformer.ts'

let nats: TestNatsServer
let connection: NatsConnection
const running: Service[] = []

beforeEach(async () => {
  nats = await startTestNats()
  connection = await nats.connect()
  await applyStreams(await jetstreamManager(connection))
})

afterEach(async () => {
  for (const service of running.splice(0)) await service[Symbol.asyncDispose]()
  await connection.close()
  await nats[Symbol.asyncDispose]()
})

const logger = createLogger('scorer', 'silent')

async function start(modelDir = 'ml/model', log = logger): Promise<void> {
  const config = { natsUrl: nats.url, dataDir: nats.storeDir, logLevel: 'silent', modelDir } as const
  running.push(await startScorer(config, log))
}

async function publishPosts(count: number, from: number): Promise<void> {
  const publisher = new DurablePublisher(connection)
  const messages = Array.from({ length: count }, (_, index) => {
    const post = postSubmitted({
      id: toPostId(36 ** 4 + from + index),
      title: `A question about ice number ${from + index}`,
    })
    return {
      subject: subjectOf(post),
      messageId: `${from} ${Math.random()}`,
      payload: encodeEvent(post),
    }
  })
  await publisher.publishAll(messages)
}

const messagesIn = async (stream: string): Promise<number> =>
  (await (await jetstreamManager(connection)).streams.info(stream)).state.messages

async function allScores(): Promise<PostScored[]> {
  const consumer = await jetstream(connection).consumers.get(SCORES)
  const messages = await consumer.fetch({ max_messages: await messagesIn(SCORES), expires: 2_000 })
  const scores: PostScored[] = []
  for await (const message of messages) scores.push(message.json())
  return scores
}

test('two scorers share the work, also when the server is killed and restarted, and each post is scored once', async () => {
  await start()
  await start()
  await publishPosts(2_000, 0)
  await nats.kill()
  await nats.restart()
  await publishPosts(1_000, 2_000)
  await vi.waitFor(async () => expect(new Set((await allScores()).map((score) => score.post_id)).size).toBe(3_000), {
    timeout: 45_000,
    interval: 500,
  })
}, 90_000)

test('repeated posts are scored once, and messages that are not posts are skipped', async () => {
  await start()
  const js = jetstream(connection)
  await publishPosts(50, 0)
  await publishPosts(50, 0)
  await js.publish('posts.submitted.askscience', '{"type":"PostSubmitted","id":"!"}')
  await js.publish('posts.submitted.askscience', Buffer.from([0xff, 0xfe]))
  await publishPosts(10, 100)
  await vi.waitFor(async () => expect(await messagesIn(SCORES)).toBe(60), { timeout: 10_000 })
  // The projector of the read model `posts` sends them to DEAD.
  expect(await messagesIn(DEAD)).toBe(0)
  for (const score of await allScores()) {
    expect(score).toMatchObject({ type: 'PostScored', model: 'serious-4', subreddit: 'AskScience' })
    expect(Math.round(score.seriousness * 10_000) / 10_000).toBe(score.seriousness)
  }
})

test('a scorer stops although its scores cannot be stored, and leaves the posts to the next one', async () => {
  await start()
  const jsm = await jetstreamManager(connection)
  await jsm.streams.update(SCORES, { max_bytes: 1 })
  await publishPosts(3, 0)
  const untaken = async () => (await jsm.consumers.list(POSTS).next())[0]!.num_pending
  await vi.waitFor(async () => expect(await untaken()).toBe(0))
  await running.pop()![Symbol.asyncDispose]()
  expect(await messagesIn(SCORES)).toBe(0)
})

test('a copy of a post that is delivered again after a later copy was scored is scored too', async () => {
  const js = jetstream(connection)
  for (const title of ['Why does ice float?', 'lol']) {
    const post = postSubmitted({ id: 'c0py', title })
    await js.publish(subjectOf(post), encodeEvent(post))
  }
  const jsm = await jetstreamManager(connection)
  await jsm.consumers.add(POSTS, { durable_name: 'test', ack_policy: AckPolicy.Explicit })
  const consumer = await js.consumers.get(POSTS, 'test')
  const [first, later] = (await Array.fromAsync(await consumer.fetch({ max_messages: 2 }))) as [JsMsg, JsMsg]
  const scorer = new BatchScorer({
    connection,
    model: await loadScoringModel('ml/model'),
    letters: { store: () => undefined },
  })
  await scorer.process([later])
  first.nak()
  await scorer.process(await Array.fromAsync(await consumer.fetch({ max_messages: 1 })))
  expect((await allScores()).map(({ post_sequence }) => post_sequence)).toEqual([later.seq, first.seq])
})

test('a post that the scoring model cannot score goes to DEAD, and its neighbours are scored', async () => {
  const model = await loadScoringModel('ml/model')
  const failing: ScoringModel = {
    name: model.name,
    explain: (post) => model.explain(post),
    score: async (posts) => {
      if (posts.some(({ title }) => title.endsWith(' 7'))) throw new Error('no memory')
      return model.score(posts)
    },
  }
  const jsm = await jetstreamManager(connection)
  const dataDir = nats.storeDir
  await using letters = new Outbox({ connection, jsm, process: 'scorer', dataDir, health: new Health(), logger })
  await publishPosts(20, 0)
  await using consumer = new PostConsumer(
    connection,
    jsm,
    new BatchScorer({ connection, model: failing, letters }),
    model.name,
    logger,
  )
  await consumer.start()
  await vi.waitFor(async () => expect(await messagesIn(DEAD)).toBe(1), { timeout: 10_000 })
  await vi.waitFor(async () => expect(await messagesIn(SCORES)).toBe(19), { timeout: 10_000 })
  const letter = await jsm.streams.getMessage(DEAD, { last_by_subj: deadSubject('scorer') })
  expect(letter?.json<PostSubmitted>().title).toBe('A question about ice number 7')
  expect(letter?.header.get('Gravitas-Reason')).toContain('the scoring model cannot score it: no memory')
})

test('scores with a transformer of the user, and promotes it', async () => {
  const modelDir = join(nats.storeDir, 'my-model')
  await writeTinyTransformer(modelDir)
  await start(modelDir)
  await publishPosts(30, 0)
  await vi.waitFor(async () => expect(await messagesIn(SCORES)).toBe(30), { timeout: 10_000 })
  const [seriousness] = await (await loadScoringModel(modelDir)).score([{ title: 'A question about ice number 0' }])
  const score = (await allScores()).find(({ post_id: id }) => id === toPostId(36 ** 4))
  expect(score).toMatchObject({ model: 'tiny-1', seriousness })
  expect(await messagesIn(MODELS)).toBe(1)
})

test('takes over a consumer that has other settings', async () => {
  const jsm = await jetstreamManager(connection)
  const config = {
    durable_name: 'scorer-serious-4',
    filter_subject: 'posts.submitted.*',
    ack_policy: AckPolicy.Explicit,
  }
  await jsm.consumers.add('POSTS', { ...config, ack_wait: 30_000_000_000, max_ack_pending: 500 })
  await start()
  await publishPosts(5, 0)
  await vi.waitFor(async () => expect(await messagesIn(SCORES)).toBe(5), { timeout: 10_000 })
})

test('the first scorer promotes its scoring model, and a second scorer does not promote another one', async () => {
  await start()
  await start()
  expect(await messagesIn(MODELS)).toBe(1)
})

test('the first scorer promotes its scoring model, although MODELS has messages that promote none', async () => {
  for (const rubbish of ['rubbish', '{"type":"ModelPromoted","model":"*"}'])
    await jetstream(connection).publish(subjectPattern('ModelPromoted'), rubbish)
  await start()
  await start()
  expect(await messagesIn(MODELS)).toBe(3)
  expect(await readShownModel(await jetstreamManager(connection))).toBe('serious-4')
})

test('a scorer of a scoring model that is not shown warns about it, and scores nevertheless', async () => {
  await jetstream(connection).publish(
    subjectPattern('ModelPromoted'),
    encodeEvent({ type: 'ModelPromoted', model: 'serious-3' }),
  )
  const lines: string[] = []
  const out = new Writable({ write: (line: Buffer, _, done) => (lines.push(String(line)), done()) })
  await start('ml/model', pino({ level: 'warn' }, out))
  expect(lines.map((line) => JSON.parse(line) as object)).toEqual([
    expect.objectContaining({ model: 'serious-4', shown: 'serious-3', command: 'npm run promote -- serious-4' }),
  ])
  await publishPosts(5, 0)
  await vi.waitFor(async () => expect(await messagesIn(SCORES)).toBe(5), { timeout: 10_000 })
})
