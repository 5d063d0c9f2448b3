import { AckPolicy, jetstream, jetstreamManager, type JetStreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { claimFileId } from '../../projections/file/file-id.ts'
import { startSecuredNats } from '../../scripts/testing/start-secured-nats.ts'
import { applyStreams } from '../../schema/apply-streams.ts'
import { encodeEvent, subjectOf, subjectPattern } from '../../schema/events.ts'
import { Health, startHeartbeat } from '../../schema/heartbeat.ts'
import { inputsOf, projectorConsumer, READ_MODEL_NAMES, readModel } from '../../schema/read-models.ts'
import type { Problem } from '../../schema/problems.ts'
import { connectNats, type NatsUser } from '../../schema/runtime/nats.ts'
import { postErased, postScored } from '../../schema/testing/builders.ts'
import { startGateway } from '../start-gateway.ts'
import { createReadModel } from '../testing/read-model-files.ts'
import { silent } from '../testing/test-gateway.ts'

const SETTLE = { timeout: 20_000, interval: 20 }
const stack = new AsyncDisposableStack()
let nats: Awaited<ReturnType<typeof startSecuredNats>>
let admin: NatsConnection
let jsm: JetStreamManager
let url: string
const fileIds: Record<string, string> = {}

/** A gateway with the rights that it has in production, on a log and read models that a test may damage. */
beforeAll(async () => {
  nats = stack.use(await startSecuredNats())
  const { url: natsUrl, dataDir } = nats
  admin = await connectNats({ url: natsUrl, user: 'admin', name: 'test', dataDir })
  stack.defer(() => admin.close())
  jsm = await jetstreamManager(admin)
  await applyStreams(jsm)
  for (const name of READ_MODEL_NAMES) {
    const database = createReadModel(dataDir, name)
    stack.defer(() => void database.close())
    fileIds[name] = claimFileId(database)
    for (const { stream, filters } of inputsOf(readModel(name))) {
      const filter = filters === undefined ? {} : { filter_subject: filters[0]! }
      await jsm.consumers.add(stream, {
        durable_name: projectorConsumer(name, fileIds[name]),
        ack_policy: AckPolicy.All,
        ...filter,
      })
    }
  }
  await promote('serious-1')
  const config = { host: '127.0.0.1', port: 0, natsUrl, dataDir, modelDir: 'ml/model', logLevel: 'silent' } as const
  url = stack.use(await startGateway(config, silent)).url
})
afterAll(() => stack.disposeAsync())

const promote = (model: string) =>
  jetstream(admin).publish(subjectPattern('ModelPromoted'), encodeEvent({ type: 'ModelPromoted', model }))

/** Sends heartbeats of a process, as the process itself does. @returns how to end it */
async function run(user: NatsUser, name: string): Promise<(error?: Error) => Promise<void>> {
  const { url: natsUrl, dataDir } = nats
  const connection = await connectNats({ url: natsUrl, user, name, dataDir })
  const health = new Health()
  const heartbeat = startHeartbeat({ connection, user, name: () => name, health, intervalMs: 200 })
  return async (error) => {
    if (error !== undefined) health.failed(error)
    await heartbeat[Symbol.asyncDispose]()
    await connection.close()
  }
}

async function readiness(): Promise<{ status: number; problems: readonly Problem[] }> {
  const response = await fetch(`${url}/readyz`)
  return { status: response.status, problems: ((await response.json()) as { problems: Problem[] }).problems }
}
async function ask(query: string): Promise<unknown> {
  const headers = { accept: 'application/json' }
  return (await fetch(`${url}/graphql?query=${encodeURIComponent(query)}`, { headers })).json()
}
/** Waits until a problem is reported, and returns it. */
const told = (code: string): Promise<Problem> =>
  vi.waitFor(async () => {
    const { status, problems } = await readiness()
    const found = problems.find((problem) => problem.code === code)
    expect([found?.code, found?.severity === 'error' ? status : 503]).toEqual([code, 503])
    return found!
  }, SETTLE)
const gone = (code: string): Promise<void> =>
  vi.waitFor(
    async () => expect((await readiness()).problems.map((problem) => problem.code)).not.toContain(code),
    SETTLE,
  )

test('a process that refuses its work is reported everywhere with its reason, until its successor has run for a while', async () => {
  const end = await run('projector', 'projector hourly')
  // Its last heartbeat comes once, so the gateway has to listen by then.
  const heard = { data: { pipeline: { processes: [{ name: 'projector hourly', state: 'RUNNING' }] } } }
  await vi.waitFor(async () => expect(await ask('{ pipeline { processes { name state } } }')).toEqual(heard), SETTLE)
  await end(new Error('The log is another one.'))
  const { what, since } = await told('process-refusing')
  expect(what).toBe('The process "projector hourly" refuses to work: The log is another one.')
  const report = {
    problems: expect.arrayContaining([{ code: 'process-refusing', severity: 'ERROR', since }]) as unknown,
    processes: [{ name: 'projector hourly', state: 'FAILED', lastError: 'The log is another one.' }],
  }
  const query = '{ pipeline { problems { code severity since } processes { name state lastError } } }'
  await vi.waitFor(async () => expect(await ask(query)).toEqual({ data: { pipeline: report } }), SETTLE)
  expect(await (await fetch(`${url}/metrics`)).text()).toContain(
    'gravitas_problem{code="process-refusing",severity="error"} 1',
  )
  stack.defer(await run('projector', 'projector hourly'))
  await gone('process-refusing')
})

test('running scorers of another model than the shown one are a problem until theirs is promoted', async () => {
  stack.defer(await run('scorer', 'scorer serious-2'))
  expect(await told('shown-model-not-scored')).toMatchObject({
    what: expect.stringContaining('serious-1 is shown, but the scorer uses serious-2') as string,
    remedy: 'To show its scores: npm run promote -- serious-2',
  })
  const score = postScored({ model: 'serious-2' })
  await jetstream(admin).publish(subjectOf(score), encodeEvent(score))
  await promote('serious-2')
  await gone('shown-model-not-scored')
})

test('an erasure that a projector never applies counts as lag of the read models that take only erasures', async () => {
  const event = postErased()
  await jetstream(admin).publish(subjectOf(event), encodeEvent(event))
  const query = '{ pipeline { projections { name lag lagSeconds } } }'
  const lags = [
    { name: 'posts', lag: 1, lagSeconds: expect.any(Number) as unknown },
    { name: 'hourly', lag: 1, lagSeconds: expect.any(Number) as unknown },
    { name: 'all-time', lag: 1, lagSeconds: expect.any(Number) as unknown },
  ]
  await vi.waitFor(async () => expect(await ask(query)).toEqual({ data: { pipeline: { projections: lags } } }), SETTLE)
})

test('a paused consumer, a deleted stream and a sealed one are reported within seconds', async () => {
  await jsm.consumers.pause('SCORES', projectorConsumer('posts', fileIds['posts']!), new Date(Date.now() + 60_000))
  expect((await told('consumer-paused')).what).toContain(projectorConsumer('posts', fileIds['posts']!))
  await jsm.consumers.resume('SCORES', projectorConsumer('posts', fileIds['posts']!))
  await gone('consumer-paused')
  await jsm.streams.delete('COVERAGE')
  expect((await told('stream-missing')).what).toBe('Stream COVERAGE does not exist.')
  await applyStreams(jsm)
  await gone('stream-missing')
  await jsm.streams.update('SCORES', { sealed: true } as object)
  expect((await told('stream-sealed')).what).toContain('SCORES')
})
