import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream'
import { expect, test } from 'vitest'
import { lacksRoom } from '../schema/apply-streams.ts'
import { POSTS } from '../schema/streams.ts'
import { startTestNats } from '../schema/testing/nats-server.ts'
import { Positions } from './position.ts'

test('positions are kept also if streams have reserved all room of the server', async () => {
  await using nats = await startTestNats()
  const connection = await nats.connect()
  const jsm = await jetstreamManager(connection)
  await jsm.streams.add({ name: POSTS, subjects: ['posts.>'] })
  await reserveEverything(jsm)
  const positions = await Positions.open(connection)
  await positions.save('demo', { at: 1 })
  expect(await (await Positions.open(connection)).read('demo')).toEqual({ at: 1 })
  await connection.close()
})

/** Leaves less than a mebibyte. */
async function reserveEverything(jsm: JetStreamManager): Promise<void> {
  for (let exponent = 50; exponent >= 20; exponent--) {
    const name = `R${exponent}`
    await jsm.streams.add({ name, subjects: [name], max_bytes: 2 ** exponent }).catch((error: unknown) => {
      if (!lacksRoom(error)) throw error
    })
  }
}
