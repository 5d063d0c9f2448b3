import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import { expect, test, vi } from 'vitest'
import { applyStreams } from '../../schema/apply-streams.ts'
import { encodeEvent, subjectOf } from '../../schema/events.ts'
import { postSubmitted } from '../../schema/testing/builders.ts'
import { startTestNats } from '../../schema/testing/nats-server.ts'
import { silent } from '../testing/test-gateway.ts'
import { LogStatus } from './log-status.ts'

test('the streams are read again and again without a request', async () => {
  await using nats = await startTestNats()
  const connection = await nats.connect()
  await applyStreams(await jetstreamManager(connection))
  using log = new LogStatus(silent)
  await log.follow(connection)
  expect(log.streams.map(({ name }) => name)).toEqual(['POSTS', 'SCORES', 'MODELS', 'COVERAGE', 'DEAD'])
  const post = postSubmitted()
  await jetstream(connection).publish(subjectOf(post), encodeEvent(post))
  await vi.waitFor(() => expect(log.streams[0]).toMatchObject({ name: 'POSTS', messages: 1, lastSequence: 1 }), 10_000)
  await connection.close()
})
