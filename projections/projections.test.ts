import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { PostScored } from '../schema/events.ts'
import { COVERAGE, POSTS, SCORES } from '../schema/streams.ts'
import { hourCovered, postErased, postScored, postSubmitted } from '../schema/testing/builders.ts'
import type { LogMessage } from './file/batch-writer.ts'
import { inputsOf, READ_MODEL_NAMES, type ReadModelName } from '../schema/read-models.ts'
import { projections } from './testing/all-projections.ts'
import { history } from './testing/histories.ts'
import { TestReadModel, toLog } from './testing/replay.ts'

function replay(name: ReadModelName, log: readonly LogMessage[]): string {
  using model = new TestReadModel(projections[name])
  for (const message of log) model.write([message])
  return model.dump()
}

const deadLetters = ({ database }: TestReadModel) =>
  database.prepare<[], { stream: string; sequence: number; is_erased: number }>('SELECT * FROM dead_letters').all()

/** The same log in another order of delivery: one stream after the other. */
const byStream = (log: readonly LogMessage[]): LogMessage[] =>
  [COVERAGE, SCORES, POSTS].flatMap((wanted) => log.filter(({ stream }) => stream === wanted))

describe.each(READ_MODEL_NAMES)('%s', (name) => {
  test('any batches, redeliveries and crashes give the rows of a plain replay', () => {
    const splits = fc.array(
      fc.record({ size: fc.integer({ min: 1, max: 20 }), again: fc.integer({ min: 0, max: 5 }), crash: fc.boolean() }),
      {
        minLength: 1,
        maxLength: 10,
      },
    )
    fc.assert(
      fc.property(history, splits, (events, plan) => {
        const log = toLog(events)
        using model = new TestReadModel(projections[name])
        for (let at = 0, step = 0; at < log.length; step++) {
          const { size, again, crash } = plan[step % plan.length]!
          const batch = log.slice(Math.max(0, at - again), at + size)
          if (crash) model.crashDuring(batch)
          model.write(batch)
          at += size
        }
        expect(model.dump()).toBe(replay(name, log))
      }),
      { numRuns: 60 },
    )
  })

  test('the order between the streams does not matter', () => {
    fc.assert(
      fc.property(history, (events) => {
        const log = toLog(events)
        expect(replay(name, byStream(log))).toBe(replay(name, log))
      }),
      { numRuns: 40 },
    )
  })
})

/** The read models that add up scores: those with a ledger of them. */
const TALLIES = READ_MODEL_NAMES.filter((name) => projections[name].tables.includes('CREATE TABLE counted'))
const tableOf = (name: string): string => name.replaceAll('-', '_')

test.each(TALLIES)('%s: in one batch, one post leaves a group as another enters it', (name) => {
  using model = new TestReadModel(projections[name])
  const log = toLog([
    postScored({ post_id: '04', seriousness: 0 }),
    postErased({ post_id: '04' }),
    postScored({ post_id: '05', seriousness: 0.0001 }),
  ])
  model.write(log.slice(0, 1))
  model.write(log.slice(1))
  expect(model.dump()).toBe(replay(name, log))
  expect(model.database.prepare(`SELECT posts, seriousness FROM ${tableOf(name)}_view`).all()).toEqual([
    { posts: 1, seriousness: 0.0001 },
  ])
})

describe.each(TALLIES)('%s totals', (name) => {
  test('equal the sums of the distinct scores', () => {
    fc.assert(
      fc.property(history, (events) => {
        using model = new TestReadModel(projections[name])
        model.write(toLog(events))
        const { posts, sum } = model.database
          .prepare(`SELECT coalesce(sum(posts), 0) AS posts, coalesce(sum(sum), 0) AS sum FROM ${tableOf(name)}`)
          .get() as { posts: number; sum: number }
        const gone = new Set(events.flatMap((event) => (event.type === 'PostErased' ? [event.post_id] : [])))
        const first = new Map<string, PostScored>()
        for (const event of events) {
          if (event.type !== 'PostScored' || gone.has(event.post_id)) continue
          const key = `${event.model} ${event.post_id}`
          if (!first.has(key)) first.set(key, event)
        }
        const expected = [...first.values()].reduce((total, event) => total + Math.round(event.seriousness * 10_000), 0)
        expect({ posts, sum }).toEqual({ posts: first.size, sum: expected })
      }),
      { numRuns: 60 },
    )
  })
})

test('an invalid event becomes a dead letter, and the other events are applied', () => {
  using model = new TestReadModel(projections['all-time'])
  const [good] = toLog([postScored()]) as [LogMessage]
  model.write([
    { ...good, data: Buffer.from('{"type":"PostScored"}') },
    { ...good, sequence: 2 },
  ])
  expect(deadLetters(model)).toEqual([{ stream: SCORES, sequence: 1, is_erased: 0 }])
  expect(model.database.prepare('SELECT posts FROM all_time_view').pluck().all()).toEqual([1])
})

test('only one read model reports the rejected events of a stream, and it follows all of the stream', () => {
  const events = [postSubmitted(), postErased(), postScored(), hourCovered()]
  const broken = toLog(events).map((message): LogMessage => Object.assign(message, { data: Buffer.from('{') }))
  const reported = READ_MODEL_NAMES.flatMap((name) => {
    using model = new TestReadModel(projections[name])
    const { events, reports } = projections[name]
    expect(inputsOf({ events })).toContainEqual({ stream: reports, filters: undefined })
    model.write(broken.filter(({ stream }) => inputsOf({ events }).some((input) => input.stream === stream)))
    return deadLetters(model).map(({ stream, sequence }) => `${stream} ${sequence}`)
  })
  expect(reported.sort()).toEqual(broken.map(({ stream, sequence }) => `${stream} ${sequence}`).sort())
})

test('the dead letter of an invalid event is marked once the event is erased', () => {
  using model = new TestReadModel(projections.posts)
  const log = toLog([postSubmitted(), postSubmitted({ id: 'b' }), { ...postErased(), post_sequences: [1] }])
  for (const message of log) model.write([message.sequence < 3 ? { ...message, data: Buffer.from('{') } : message])
  expect(deadLetters(model)).toEqual([
    { stream: POSTS, sequence: 1, is_erased: 1 },
    { stream: POSTS, sequence: 2, is_erased: 0 },
  ])
})

test.each([
  ['a score among the posts', 'posts.submitted.askscience', postScored()],
  ['an erasure among the submissions', 'posts.submitted.askscience', postErased()],
  ['a post among the erasures', 'posts.erased.askscience', postSubmitted()],
])('%s becomes a dead letter: readers select events by subject', (_, subject, event) => {
  using model = new TestReadModel(projections.posts)
  const [message] = toLog([event]) as [LogMessage]
  const [post, score] = toLog([postSubmitted({ id: 'a' }), postScored({ post_id: 'a' })]) as [LogMessage, LogMessage]
  model.write([{ ...message, stream: POSTS, subject }, { ...post, sequence: 2 }, score])
  expect(deadLetters(model)).toMatchObject([{ sequence: 1 }])
  expect(model.database.prepare('SELECT id, seriousness FROM posts_view').all()).toEqual([
    { id: 'a', seriousness: 0.8731 },
  ])
})

test.each([
  ['deeply nested', `{"type":${'['.repeat(5_000)}${']'.repeat(5_000)}}`],
  ['an object with an endless type', JSON.stringify({ type: 'x'.repeat(500_000) })],
  ['not an object', '7'],
  ['empty', ''],
])('an event that is %s becomes a dead letter', (_, text) => {
  using model = new TestReadModel(projections['all-time'])
  const [good] = toLog([postScored()]) as [LogMessage]
  model.write([
    { ...good, data: Buffer.from(text) },
    { ...good, sequence: 2 },
  ])
  expect(deadLetters(model)).toMatchObject([{ sequence: 1 }])
  expect(model.database.prepare('SELECT posts FROM all_time_view').pluck().all()).toEqual([1])
})
