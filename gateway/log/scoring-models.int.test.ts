import { AckPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { startSecuredNats } from '../../scripts/testing/start-secured-nats.ts'
import { applyStreams } from '../../schema/apply-streams.ts'
import { encodeEvent, subjectPattern } from '../../schema/events.ts'
import { scorerConsumer } from '../../schema/scoring-models.ts'
import { POSTS } from '../../schema/streams.ts'
import { READ_MODEL_NAMES } from '../../schema/read-models.ts'
import { connectNats } from '../../schema/runtime/nats.ts'
import { startGateway } from '../start-gateway.ts'
import { createReadModel } from '../testing/read-model-files.ts'
import { silent } from '../testing/test-gateway.ts'

const SETTLE = { timeout: 20_000, interval: 20 }
let stack: AsyncDisposableStack
let nats: Awaited<ReturnType<typeof startSecuredNats>>
let admin: NatsConnection

beforeEach(async () => {
  stack = new AsyncDisposableStack()
  nats = stack.use(await startSecuredNats())
  admin = await connectNats({ url: nats.url, user: 'admin', name: 'test', dataDir: nats.dataDir })
  stack.defer(() => admin.close())
  await applyStreams(await jetstreamManager(admin))
  for (const name of READ_MODEL_NAMES) {
    const database = createReadModel(nats.dataDir, name)
    stack.defer(() => void database.close())
  }
})
afterEach(() => stack.disposeAsync())

const promote = (model: string) =>
  jetstream(admin).publish(subjectPattern('ModelPromoted'), encodeEvent({ type: 'ModelPromoted', model }))

/** Waits for posts, as a scorer does. */
async function scoreWith(model: string): Promise<void> {
  const jsm = await jetstreamManager(admin)
  const name = scorerConsumer(model)
  await jsm.consumers.add(POSTS, { durable_name: name, ack_policy: AckPolicy.Explicit })
  const consumer = await jetstream(admin).consumers.get(POSTS, name)
  const pull = await consumer.fetch({ max_messages: 1, expires: 60_000 })
  stack.defer(() => void pull.close())
  // Reading the iterator sends the pull request.
  void Array.fromAsync(pull)
  await vi.waitFor(async () => expect((await consumer.info()).num_waiting).toBe(1), SETTLE)
}

test('/readyz and GraphQL report that the active scorer uses another scoring model than the shown one, until it is promoted', async () => {
  await promote('serious-2')
  await scoreWith('serious-3')
  const { url: natsUrl, dataDir } = nats
  const config = { host: '127.0.0.1', port: 0, natsUrl, dataDir, modelDir: 'ml/model', logLevel: 'silent' } as const
  const { url } = stack.use(await startGateway(config, silent))
  const readiness = async (): Promise<[number, unknown]> => {
    const response = await fetch(`${url}/readyz`)
    return [response.status, await response.json()]
  }
  const standstill = expect.stringMatching(/not updating.*serious-2 is shown.*npm run promote -- serious-3/) as string
  const told = [503, { ready: false, problems: expect.arrayContaining([standstill]) as unknown }]
  await vi.waitFor(async () => expect(await readiness()).toEqual(told), SETTLE)
  const query = encodeURIComponent('{ pipeline { model problems } }')
  const answer = await fetch(`${url}/graphql?query=${query}`, { headers: { accept: 'application/json' } })
  expect(await answer.json()).toEqual({
    data: { pipeline: { model: 'serious-2', problems: expect.arrayContaining([standstill]) as unknown } },
  })
  await promote('serious-3')
  const gone = { problems: expect.not.arrayContaining([standstill]) as unknown }
  await vi.waitFor(async () => expect((await readiness())[1]).toMatchObject(gone), SETTLE)
})
