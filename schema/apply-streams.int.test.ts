import { jetstreamManager } from '@nats-io/jetstream'
import { expect, test } from 'vitest'
import { applyStreams } from './apply-streams.ts'
import { toMessage } from './events.ts'
import { findSingleCopies } from './replicas.ts'
import { COVERAGE, POSTS } from './streams.ts'
import { DurablePublisher } from './runtime/publish.ts'
import { hourCovered } from './testing/builders.ts'
import { startTestNats } from './testing/nats-server.ts'

test('replicas on a server without a cluster are refused with what to do, and one replica is no problem', async () => {
  await using nats = await startTestNats()
  const connection = await nats.connect()
  try {
    const jsm = await jetstreamManager(connection)
    await expect(applyStreams(jsm, 3)).rejects.toThrow(/not part of a cluster: unset NATS_REPLICAS/)
    expect(findSingleCopies(await applyStreams(jsm))).toEqual([])
  } finally {
    await connection.close()
  }
})

test('a log without the stream COVERAGE gets it at the next start, and stores each report once', async () => {
  await using nats = await startTestNats()
  const connection = await nats.connect()
  try {
    const jsm = await jetstreamManager(connection)
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
  } finally {
    await connection.close()
  }
})
