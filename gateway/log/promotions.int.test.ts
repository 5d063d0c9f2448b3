import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import { expect, test } from 'vitest'
import { startSecuredNats } from '../../scripts/testing/start-secured-nats.ts'
import { applyStreams } from '../../schema/apply-streams.ts'
import { encodeEvent, subjectOf, type GravitasEvent } from '../../schema/events.ts'
import { connectNats } from '../../schema/runtime/nats.ts'
import { MODELS, SCORES } from '../../schema/streams.ts'
import { postScored } from '../../schema/testing/builders.ts'
import { silent } from '../testing/test-gateway.ts'
import { Promotions } from './promotions.ts'

test('every gateway finds the first score after each promotion, whenever it reads them', async () => {
  await using nats = await startSecuredNats()
  const { url, dataDir } = nats
  await using stack = new AsyncDisposableStack()
  const connect = async (user: 'admin' | 'gateway') => {
    const connection = await connectNats({ url, user, name: 'test', dataDir })
    stack.defer(() => connection.close())
    return connection
  }
  const [admin, gateway] = [await connect('admin'), await connect('gateway')]
  const jsm = await jetstreamManager(admin)
  await applyStreams(jsm)
  const publish = async (...events: readonly GravitasEvent[]): Promise<void> => {
    for (const event of events) await jetstream(admin).publish(subjectOf(event), encodeEvent(event))
  }
  const promote = (...models: readonly string[]) =>
    publish(...models.map((model) => ({ type: 'ModelPromoted', model }) as const))
  const start = async (): Promise<Promotions> => {
    const promotions = new Promotions(silent)
    await promotions.follow(gateway)
    return promotions
  }

  const early = await start()
  expect(await early.read()).toEqual([])
  await publish(postScored({ post_id: '1', model: 'a' }), postScored({ post_id: '1', model: 'b' }))
  await promote('a', 'a', 'b')
  const open = [
    { sequence: 1, model: 'a', start: 0 },
    { sequence: 3, model: 'b', start: 3 },
  ]
  const known = await early.read()
  expect(known).toEqual(open)
  expect(await early.read()).toBe(known)
  await publish(postScored({ post_id: '2', model: 'a' }), postScored({ post_id: '3' }))
  await promote('a')
  await publish(postScored({ post_id: '4' }))
  const all = [...open, { sequence: 4, model: 'a', start: 5 }]
  expect(await early.read()).toEqual(all)
  expect(await (await start()).read()).toEqual(all)
  await jsm.streams.deleteMessage(SCORES, 1)
  expect(await (await start()).read()).toEqual(all)
  await promote('c')
  await jetstream(admin).publish('models.promoted', 'rubbish')
  expect(await early.read()).toEqual(all)
  await publish(postScored({ post_id: '5' }), postScored({ post_id: '5', model: 'c' }))
  const late = [...all, { sequence: 5, model: 'c', start: 7 }]
  expect(await early.read()).toEqual(late)
  expect(await (await start()).read()).toEqual(late)

  await jsm.streams.delete(MODELS)
  await jsm.streams.delete(SCORES)
  expect(await early.read()).toBeUndefined()
  await applyStreams(jsm)
  await publish(postScored({ post_id: '1', model: 'b' }))
  await promote('c', 'b')
  const rebuilt = [
    { sequence: 1, model: 'c', start: 0 },
    { sequence: 2, model: 'b', start: 2 },
  ]
  expect(await early.read()).toEqual(rebuilt)
})
