import type { JsMsg } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { expect, test, vi } from 'vitest'
import { encodeEvent, subjectOf, type PostSubmitted } from '../schema/events.ts'
import { DurablePublisher } from '../schema/runtime/publish.ts'
import { postSubmitted } from '../schema/testing/builders.ts'
import type { ScoringModel } from './models/scoring-model.ts'
import { BatchScorer } from './score-batch.ts'

const connection = { options: {} } as unknown as NatsConnection

const scorerOf = (model: object): BatchScorer =>
  new BatchScorer({
    connection,
    model: model as ScoringModel,
    letters: { store: () => undefined },
  })

function deliver(id: string, sequence: number) {
  const post = postSubmitted({ id })
  return {
    subject: subjectOf(post),
    data: Buffer.from(encodeEvent(post)),
    seq: sequence,
    info: { streamSequence: sequence, timestampNanos: post.created_utc * 1e9 },
    ack: vi.fn<() => void>(),
    nak: vi.fn<(ms?: number) => void>(),
  }
}

test('a second delivery of a post is not acknowledged while the score of the first is not stored', async () => {
  const score = (posts: readonly object[]) => (posts.length === 0 ? Promise.resolve([]) : new Promise(() => {}))
  const scorer = scorerOf({ name: 'x', score })
  const [first, second] = [deliver('a', 1), { ...deliver('a', 1), redelivered: true }]
  void scorer.process([first as unknown as JsMsg])
  await scorer.process([second as unknown as JsMsg])
  expect(second.nak).toHaveBeenCalledBefore(second.ack)
  expect(first.ack).not.toHaveBeenCalled()
})

test('in a stream that was created again or restored, the posts of the former one are scored again', async () => {
  const scored: string[] = []
  const score = async (posts: readonly PostSubmitted[]) => {
    scored.push(...posts.map(({ id }) => id))
    return posts.map(() => 0.5)
  }
  vi.spyOn(DurablePublisher.prototype, 'publish').mockResolvedValue({ stored: 1, duplicates: 0, dropped: [] })
  const scorer = scorerOf({ name: 'x', score })
  const process = (id: string, sequence: number) => scorer.process([deliver(id, sequence) as unknown as JsMsg])
  await process('a', 1)
  await process('b', 2)
  await process('a', 3)
  expect(scored).toEqual(['a', 'b'])
  await process('b', 1)
  await process('a', 2)
  expect(scored).toEqual(['a', 'b', 'b', 'a'])
})
