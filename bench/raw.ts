import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AckPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream'
import { headers } from '@nats-io/transport-node'
import Sqlite from 'better-sqlite3'
import { startTestNats } from '../schema/testing/nats-server.ts'

const BATCH = 1_000
const IN_FLIGHT = 4
const PAYLOAD = Buffer.alloc(700, 'x')

/**
 * How many messages a second a durable server stores in atomic batches, and how many it delivers to one consumer,
 * without other load.
 */
export async function rawLog(count: number): Promise<{ published: number; consumed: number }> {
  await using nats = await startTestNats({ durable: true })
  const connection = await nats.connect()
  const jsm = await jetstreamManager(connection)
  await jsm.streams.add({ name: 'RAW', subjects: ['raw.*'], allow_atomic: true })
  const js = jetstream(connection)
  const publishBatch = async (): Promise<void> => {
    const batch = await js.startBatch('raw.a', PAYLOAD, { headers: headers() })
    for (let index = 2; index < BATCH; index++) batch.add('raw.a', PAYLOAD, { headers: headers() })
    await batch.commit('raw.a', PAYLOAD)
  }
  const publishStart = performance.now()
  for (let sent = 0; sent < count; sent += BATCH * IN_FLIGHT) {
    await Promise.all(Array.from({ length: IN_FLIGHT }, publishBatch))
  }
  const published = count / seconds(publishStart)
  await jsm.consumers.add('RAW', { durable_name: 'raw', ack_policy: AckPolicy.None })
  const consumer = await js.consumers.get('RAW', 'raw')
  const consumeStart = performance.now()
  let received = 0
  await new Promise<void>((resolve, reject) => {
    const callback = (): void => {
      if (++received === count) resolve()
    }
    consumer.consume({ max_messages: 5_000, callback }).catch(reject)
  })
  const consumed = count / seconds(consumeStart)
  await connection.close()
  return { published, consumed }
}

/**
 * How many rows a second SQLite inserts into a ledger like that of a read model, in transactions of 5,000, without
 * other load.
 */
export function rawInserts(count: number): number {
  const folder = mkdtempSync(join(tmpdir(), 'gravitas-raw-'))
  const database = new Sqlite(join(folder, 'raw.db'))
  database.pragma('journal_mode = WAL')
  database.pragma('synchronous = NORMAL')
  database.exec(
    'CREATE TABLE counted (key INTEGER, model TEXT, subreddit TEXT, seriousness INTEGER, PRIMARY KEY (key, model)) STRICT, WITHOUT ROWID',
  )
  const insert = database.prepare('INSERT OR IGNORE INTO counted VALUES (?, ?, ?, ?)')
  const batch = database.transaction((from: number) => {
    for (let key = from; key < from + 5_000; key++) insert.run(key, 'serious-1', 'AskScience', key % 10_000)
  })
  const start = performance.now()
  for (let from = 0; from < count; from += 5_000) batch(from)
  const rate = count / seconds(start)
  database.close()
  rmSync(folder, { recursive: true, force: true })
  return rate
}

/** Seconds since `startMs` of performance.now(). */
export const seconds = (startMs: number): number => (performance.now() - startMs) / 1_000
