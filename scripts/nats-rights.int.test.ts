import { AckPolicy, jetstream, jetstreamManager, type JetStreamManager } from '@nats-io/jetstream'
import { headers, nuid, type MsgHdrs, type NatsConnection } from '@nats-io/transport-node'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { applyStreams } from '../schema/apply-streams.ts'
import { PROCESSES, publishedBy, type Process } from '../schema/nats-rights.ts'
import { connectNats, type NatsUser } from '../schema/runtime/nats.ts'
import { POSTS, SOURCE_POSITIONS_STREAM, STREAM_NAMES } from '../schema/streams.ts'
import { untilHealthy } from './server-health.ts'
import { startSecuredNats } from './testing/start-secured-nats.ts'

/** The requests of JetStream's API of nats-server 2.15 that name a stream, and those that also name a consumer. */
const STREAM_REQUESTS = [
  'CREATE',
  'UPDATE',
  'INFO',
  'DELETE',
  'PURGE',
  'SNAPSHOT',
  'RESTORE',
  'MSG.DELETE',
  'MSG.GET',
  'PEER.REMOVE',
  'PEER.EVACUATE',
  'CANCEL_MOVE',
  'LEADER.STEPDOWN',
].map((verb) => `$JS.API.STREAM.${verb}`)
const LISTS = ['$JS.API.CONSUMER.CREATE', '$JS.API.CONSUMER.NAMES', '$JS.API.CONSUMER.LIST', '$JS.API.DIRECT.GET']
const CONSUMER_REQUESTS = [
  'CREATE',
  'DURABLE.CREATE',
  'INFO',
  'DELETE',
  'PAUSE',
  'UNPIN',
  'RESET',
  'LEADER.STEPDOWN',
  'MSG.NEXT',
].map((verb) => `$JS.API.CONSUMER.${verb}`)
const OTHER_REQUESTS = [
  'STREAM.NAMES',
  'STREAM.LIST',
  'META.LEADER.STEPDOWN',
  'META.RESCUE',
  'SERVER.REMOVE',
  'SERVER.EVACUATE',
  'ACCOUNT.PURGE.GRAVITAS',
  'ACCOUNT.STREAM.MOVE.GRAVITAS.POSTS',
  'ACCOUNT.STREAM.CANCEL_MOVE.GRAVITAS.POSTS',
].map((request) => `$JS.API.${request}`)

const STREAMS = [...STREAM_NAMES, SOURCE_POSITIONS_STREAM]
const CONSUMERS = ['eraser', 'scorer-serious-1']
const SUBJECTS = [
  'posts.submitted.x',
  'posts.erased.x',
  'scores.serious-1.x',
  'coverage.x',
  'models.promoted',
  'dead.ingest',
  'dead.scorer',
  'changes.posts',
  'heartbeats.scorer',
  '$KV.source-positions.demo',
  '$JS.ACK.POSTS.eraser.1.1.1.1.1',
]

/** Every request of the API about every stream and consumer, and a subject of every kind. */
const EVERYTHING = [
  ...OTHER_REQUESTS,
  ...SUBJECTS,
  ...STREAMS.flatMap((stream) => [...STREAM_REQUESTS, ...LISTS].map((request) => `${request}.${stream}`)),
  ...STREAMS.flatMap((stream) => CONSUMERS.map((consumer) => `${stream}.${consumer}`)).flatMap((consumer) =>
    CONSUMER_REQUESTS.map((request) => `${request}.${consumer}`),
  ),
]

/** Bodies of requests: some are valid, some find nothing, and some are not requests. */
const BODIES = [
  '',
  '{}',
  '{"seq":1}',
  '{"seq":999999}',
  '{"batch":1,"no_wait":true}',
  '{"name":"POSTS","subjects":["x"]}',
]

let nats: Awaited<ReturnType<typeof startSecuredNats>>
let admin: NatsConnection
let jsm: JetStreamManager

const connect = (user: NatsUser): Promise<NatsConnection> =>
  connectNats({ url: nats.url, user, name: 'test', dataDir: nats.dataDir })

beforeAll(async () => {
  nats = await startSecuredNats()
  await untilHealthy({ natsUrl: nats.url, dataDir: nats.dataDir }, { what: 'nats-server', timeoutMs: 20_000 })
  admin = await connect('admin')
  jsm = await jetstreamManager(admin)
  await applyStreams(jsm)
  for (const subject of SUBJECTS.filter((one) => /^(posts|scores|coverage|models|dead|\$KV)/.test(one)))
    await jetstream(admin).publish(subject, '{"secret":"text"}')
  for (const name of CONSUMERS) await jsm.consumers.add(POSTS, { durable_name: name, ack_policy: AckPolicy.Explicit })
  // Each consumer has a message that is not acknowledged.
  for (const name of CONSUMERS) await (await jetstream(admin).consumers.get(POSTS, name)).next()
}, 30_000)

afterAll(async () => {
  await admin.close()
  await nats[Symbol.asyncDispose]()
})

/** Whether a pattern of an import covers a subject. */
const covers = (pattern: string, subject: string): boolean =>
  new RegExp(
    `^${pattern
      .replaceAll(/[.$]/g, String.raw`\$&`)
      .replaceAll('*', '[^.]+')
      .replace(/>$/, '.+')}$`,
  ).test(subject)

/** A subject that matches a pattern. */
const example = (pattern: string): string => pattern.replaceAll('*', 'eraser').replace(/>$/, 'eraser')

interface LogState {
  readonly names: readonly string[]
  readonly messages: Readonly<Record<string, number>>
  readonly settings: readonly unknown[]
  readonly consumers: readonly { readonly name: string }[]
}

/** Everything that an attack could change: streams with their settings, and consumers with theirs. */
async function stateOfLog(): Promise<LogState> {
  const streams = (await Array.fromAsync(jsm.streams.list())).toSorted((a, b) =>
    a.config.name.localeCompare(b.config.name),
  )
  const names = streams.map(({ config }) => config.name)
  const lists = await Promise.all(names.map((name) => Array.fromAsync(jsm.consumers.list(name))))
  return {
    names,
    messages: Object.fromEntries(streams.map(({ config, state }) => [config.name, state.messages])),
    settings: streams.map(({ config }) => config),
    consumers: lists
      .flat()
      .map(({ name, config, num_ack_pending, num_pending }) => ({ name, config, num_ack_pending, num_pending })),
  }
}

/** Sends everything, and resolves when the server has read it and has had time to carry it out. */
async function attack(user: Process, publish: (connection: NatsConnection) => void): Promise<string[]> {
  const connection = await connect(user)
  const answers: string[] = []
  connection.subscribe('answers.>', { callback: (_, message) => void answers.push(message.string()) })
  publish(connection)
  await connection.flush()
  await new Promise((resolve) => setTimeout(resolve, 100))
  await connection.close()
  return answers
}

test.each(PROCESSES)('%s changes and reads nothing by what it has no right to', async (user) => {
  const rights = publishedBy(user)
  const forbidden = EVERYTHING.filter((subject) => !rights.some((pattern) => covers(pattern, subject)))
  const before = await stateOfLog()
  const answers = await attack(user, (connection) => {
    for (const subject of forbidden) {
      for (const body of BODIES) connection.publish(subject, body, { reply: 'answers.x' })
    }
    connection.publish('answers.x', 'sent by itself')
  })
  expect(await stateOfLog()).toEqual(before)
  expect(answers.filter((answer) => answer !== '')).toEqual(['sent by itself'])
})

test.each(PROCESSES)('no answer to %s goes to another subject than its own', async (user) => {
  const rights = publishedBy(user).map(example)
  const targets = [
    ...['$JS.API.STREAM.PURGE', '$JS.API.STREAM.DELETE', '$JS.API.STREAM.MSG.DELETE'].map((one) => `${one}.${POSTS}`),
    ...CONSUMERS.map((name) => `$JS.API.CONSUMER.DELETE.POSTS.${name}`),
    // An empty answer would acknowledge an erasure that nobody has carried out.
    '$JS.ACK.POSTS.eraser.1.1.1.1.1',
    'posts.erased.injected',
    'models.promoted',
    'heartbeats.scorer',
    '_INBOX_admin.x',
    'foreign.x',
  ].filter((target) => !rights.includes(target))
  const heard: string[] = []
  const callback = (_: unknown, { subject }: { subject: string }): unknown =>
    targets.includes(subject) && heard.push(subject)
  const listener = admin.subscribe('>', { callback: (error, message) => void callback(error, message) })
  await admin.flush()
  const before = await stateOfLog()
  await attack(user, (connection) => {
    for (const reply of targets) {
      for (const subject of rights) {
        // What the process may delete or publish changes the log by itself. Here only its answers are of interest.
        if (/DELETE|CONSUMER\.CREATE|^\$JS\.ACK/.test(subject)) continue
        if (subject.startsWith('$JS')) for (const body of BODIES.slice(1)) connection.publish(subject, body, { reply })
        // The first message of an atomic batch gets an empty answer, which would be a request to delete something.
        else connection.publish(subject, 'x', { reply, headers: firstOfBatch() })
      }
    }
  })
  listener.unsubscribe()
  expect(heard).toEqual([])
  const after = await stateOfLog()
  expect(after.names).toEqual(before.names)
  expect(after.consumers.map(({ name }) => name)).toEqual(before.consumers.map(({ name }) => name))
  for (const [name, messages] of Object.entries(before.messages))
    expect(after.messages[name]).toBeGreaterThanOrEqual(messages)
})

function firstOfBatch(): MsgHdrs {
  const set = headers()
  set.set('Nats-Batch-Id', nuid.next())
  set.set('Nats-Batch-Sequence', '1')
  return set
}

test('a push consumer of a process delivers nothing into the inbox of another user or into the API', async () => {
  const [scorer, gateway] = [await connect('scorer'), await connect('gateway')]
  const heard: string[] = []
  const note = (_: unknown, { subject }: { subject: string }): void => void heard.push(subject)
  gateway.subscribe('>', { callback: note })
  await gateway.flush()
  const scorerJsm = await jetstreamManager(scorer)
  for (const [index, target] of ['_INBOX_gateway.x', 'changes.posts', '$JS.API.STREAM.DELETE.POSTS'].entries()) {
    const config = { name: `push-${index}`, deliver_subject: target, ack_policy: AckPolicy.None }
    await scorerJsm.consumers.add(POSTS, config).catch(() => {})
  }
  await jetstream(admin).publish('posts.submitted.x', 'x')
  await Promise.all([scorer.flush(), gateway.flush()])
  expect(heard).toEqual([])
  expect((await jsm.streams.info(POSTS)).state.messages).toBeGreaterThan(0)
  await Promise.all([scorer.close(), gateway.close()])
})
