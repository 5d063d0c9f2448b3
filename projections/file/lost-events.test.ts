import { expect, test } from 'vitest'
import { POSTS, SCORES } from '../../schema/streams.ts'
import { projections } from '../testing/all-projections.ts'
import { TestReadModel } from '../testing/replay.ts'
import { LostEvents } from './lost-events.ts'

const rows = ({ database }: TestReadModel) =>
  database.prepare('SELECT first_sequence, last_sequence, accepted FROM lost_events').raw().all()
test('a sequence is recorded once, however the ranges that hold it overlap', () => {
  using model = new TestReadModel(projections['all-time'])
  const lost = new LostEvents(model.database)
  expect(
    lost.record(POSTS, [
      [5, 6],
      [9, 9],
    ]),
  ).toEqual([
    [5, 6],
    [9, 9],
  ])
  expect(lost.record(POSTS, [[1, 12]])).toEqual([
    [1, 4],
    [7, 8],
    [10, 12],
  ])
  expect(lost.record(POSTS, [[3, 10]])).toEqual([])
  expect(lost.record(SCORES, [[3, 10]])).toEqual([[3, 10]])
  expect([lost.countUpTo(POSTS, 5), lost.countUpTo(POSTS, 100), lost.count()]).toEqual([5, 12, 20])
})

test('a sequence that an erasure explains is taken out of its range', () => {
  using model = new TestReadModel(projections['all-time'])
  const lost = new LostEvents(model.database)
  lost.record(POSTS, [
    [1, 5],
    [7, 7],
  ])
  for (const sequence of [1, 3, 6, 7]) lost.remove(POSTS, sequence)
  expect(rows(model)).toEqual([
    [2, 2, 0],
    [4, 5, 0],
  ])
})
