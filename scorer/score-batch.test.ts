import type { JsMsg } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { expect, test, vi } from 'vitest'
import { encodeEvent, subjectOf } from '../schema/events.ts'
import { createLogger } from '../schema/runtime/logger.ts'
import { postSubmitted } from '../schema/testing/builders.ts'
import type { ScoringModel } from './models/scoring-model.ts'
import { BatchScorer } from './score-batch.ts'

test('a second delivery of a post is not acknowledged while the score of the first is not stored', async () => {
  const score = (posts: readonly object[]) => (posts.length === 0 ? Promise.resolve([]) : new Promise(() => {}))
  const model = { name: 'x', score } as unknown as ScoringModel
  const connection = { options: {} } as unknown as NatsConnection
  const scorer = new BatchScorer({
    connection,
    model,
    letters: { store: () => undefined },
    logger: createLogger('test', 'silent'),
  })
  const deliver = () => {
    const post = postSubmitted()
    const info = { streamSequence: 1, timestampNanos: post.created_utc * 1e9 }
    const data = Buffer.from(encodeEvent(post))
    return {
      subject: subjectOf(post),
      data,
      seq: 1,
      info,
      ack: vi.fn<() => void>(),
      nak: vi.fn<(ms?: number) => void>(),
    }
  }
  const [first, second] = [deliver(), { ...deliver(), redelivered: true }]
  void scorer.process([first as unknown as JsMsg])
  await scorer.process([second as unknown as JsMsg])
  expect(second.nak).toHaveBeenCalledBefore(second.ack)
  expect(first.ack).not.toHaveBeenCalled()
})
