import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { expect, test } from 'vitest'
import { applyStreams } from './apply-streams.ts'
import { toMessage } from './events.ts'
import { findSingleCopies } from './replicas.ts'
import { COVERAGE, POSTS, SOURCE_POSITIONS_STREAM } from './streams.ts'
import { DurablePublisher } from './runtime/publish.ts'
import { hourCovered } from './testing/builders.ts'
import { startTestNats } from './testing/nats-server.ts'

/** Runs the steps of a test on a server without streams. */
async function onNewServer(steps: (jsm: JetStreamManager, connection: NatsConnection) => Promise<void>): Promise<void> {
  await using nats = await startTestNats()
  const connection = await nats.connect()
  try {
    await steps(await jetstreamManager(connection), connection)
  } finally {
    await connection.close()
  }
}

test('replicas on a server without a cluster are refused with what to do, and one replica is no problem', () =>
  onNewServer(async (jsm) => {
    await expect(applyStreams(jsm, 3)).rejects.toThrow(/not part of a cluster: unset NATS_REPLICAS/)
    expect(findSingleCopies(await applyStreams(jsm))).toEqual([])
  }))

test('a log without the stream COVERAGE gets it at the next start, and stores each report once', () =>
  onNewServer(async (jsm, connection) => {
    await applyStreams(jsm)
    await jsm.streams.delete(COVERAGE)
    const before = await jsm.streams.info(POSTS)
    await applyStreams(jsm)
    await applyStreams(jsm)
    expect((await jsm.streams.info(POSTS)).created).toBe(before.created)
    const publisher = new DurablePublisher(connection)
    const reports = [hourCovered({ seen: 1 }), hourCovered({ seen: 2 }), hourCovered({ seen: 1 })].map(toMessage)
    expect(await publisher.publish(reports)).toMatchObject({ stored: 3, duplicates: 0 })
    expect(await publisher.publish(reports)).toMatchObject({ stored: 0, duplicates: 3 })
    const last = await jsm.streams.getMessage(COVERAGE, { last_by_subj: 'coverage.reddit' })
    expect(last?.json()).toEqual(hourCovered({ seen: 1 }))
  }))

test('the bucket of positions is made, also if other streams have reserved all room of the server', () =>
  onNewServer(async (jsm) => {
    await applyStreams(jsm)
    const { config } = await jsm.streams.info(SOURCE_POSITIONS_STREAM)
    expect(config).toMatchObject({ max_bytes: 16 * 2 ** 20, max_msgs_per_subject: 1, allow_direct: false })
    await jsm.streams.delete(SOURCE_POSITIONS_STREAM)
    // A mebibyte is left, which is too little for a reservation.
    await jsm.streams.add({ name: 'SPARE', subjects: ['SPARE'], max_bytes: 2 ** 20 })
    for (let exponent = 50; exponent >= 20; exponent--) {
      const name = `R${exponent}`
      await jsm.streams.add({ name, subjects: [name], max_bytes: 2 ** exponent }).catch(() => {})
    }
    await jsm.streams.delete('SPARE')
    await applyStreams(jsm)
    expect((await jsm.streams.info(SOURCE_POSITIONS_STREAM)).config.max_bytes).toBeLessThan(2 ** 21)
  }))

test('the bucket that former versions made for positions is taken as it is', () =>
  onNewServer(async (jsm) => {
    await applyStreams(jsm)
    const { config } = await jsm.streams.info(SOURCE_POSITIONS_STREAM)
    await jsm.streams.delete(SOURCE_POSITIONS_STREAM)
    await jsm.streams.add({ ...config, deny_delete: false })
    await applyStreams(jsm)
    expect((await jsm.streams.info(SOURCE_POSITIONS_STREAM)).config.deny_delete).toBe(false)
  }))

test('a bucket of positions with other settings is refused', () =>
  onNewServer(async (jsm) => {
    await jsm.streams.add({ name: SOURCE_POSITIONS_STREAM, subjects: ['$KV.source-positions.>', 'anything'] })
    await expect(applyStreams(jsm)).rejects.toThrow(/KV_source-positions exists with other settings: subjects/)
  }))
