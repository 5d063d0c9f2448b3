import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream'
import { expect, test } from 'vitest'
import { startTestNats } from '../schema/testing/nats-server.ts'
import { scanStream, type ScanStart } from './scan-stream.ts'

const STREAM = 'NUMBERS'

test('messages that a lagging replica lacks at first are read, and the eraser waits for none that do not exist', async () => {
  await using nats = await startTestNats()
  const connection = await nats.connect()
  const jsm = await jetstreamManager(connection)
  await jsm.streams.add({ name: STREAM, subjects: ['n.*'] })
  for (const subject of ['n.a', 'n.b', 'n.a', 'n.b']) await jsm.jetstream().publish(subject)
  await jsm.streams.deleteMessage(STREAM, 4)
  const scan = async (start: ScanStart, filter?: string): Promise<number[]> => {
    const found: number[] = []
    const onMessage = ({ seq }: { seq: number }): void => void found.push(seq)
    const lagging = withLag(jsm)
    await scanStream({ connection, jsm: lagging, stream: STREAM, start, onMessage, ...(filter && { filter }) })
    return found
  }
  expect(await scan({ after: 0 })).toEqual([1, 2, 3])
  expect(await scan({ after: 1 }, 'n.b')).toEqual([2])
  expect(await scan({ after: 3 })).toEqual([])
  expect(await scan({ since: new Date(Date.now() + 60_000) })).toEqual([])
  await connection.close()
})

/** A manager whose first consumer has no message, as if it were on a server that has not received any. */
function withLag(jsm: JetStreamManager): JetStreamManager {
  let isFirst = true
  const add: JetStreamManager['consumers']['add'] = async (stream, config) => {
    const info = await jsm.consumers.add(stream, config)
    const pending = isFirst ? 0 : info.num_pending
    isFirst = false
    return { ...info, num_pending: pending }
  }
  return { ...jsm, streams: jsm.streams, consumers: { add } } as unknown as JetStreamManager
}
