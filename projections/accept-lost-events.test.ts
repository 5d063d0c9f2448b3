import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'
import { COUNT_ACCEPTED_LOST_EVENTS, COUNT_LOST_EVENTS } from '../schema/read-model-file.ts'
import { POSTS } from '../schema/streams.ts'
import { acceptLostEvents } from './accept-lost-events.ts'
import { lockFile } from './file/lock.ts'
import { LostEvents } from './file/lost-events.ts'
import { projections } from './testing/all-projections.ts'
import { TestReadModel } from './testing/replay.ts'

const counts = ({ database }: TestReadModel) =>
  [COUNT_LOST_EVENTS, COUNT_ACCEPTED_LOST_EVENTS].map((sql) => database.prepare(sql).pluck().get())

test('accepted lost events are counted apart, and new ones are not accepted', () => {
  using model = new TestReadModel(projections['all-time'])
  const lost = new LostEvents(model.database)
  lost.record(POSTS, [[1, 3]])
  expect(acceptLostEvents(model.file, projections['all-time'])).toMatch(/^all-time: accepted 3 lost events/)
  lost.record(POSTS, [[2, 4]])
  expect(counts(model)).toEqual([1, 3])
  expect(acceptLostEvents(model.file, projections['all-time'])).toMatch(/accepted 1 lost event,/)
  expect(acceptLostEvents(model.file, projections['all-time'])).toMatch(/no lost events to accept/)
  // Without these, a user who may only read could not open the file.
  model.database.close()
  acceptLostEvents(model.file, projections['all-time'])
  expect([`${model.file}-wal`, `${model.file}-shm`].map((part) => existsSync(part))).toEqual([true, true])
})

test('lost events are not accepted while the projector runs, or without a file', () => {
  using model = new TestReadModel(projections['all-time'])
  using _lock = lockFile(model.file)
  expect(() => acceptLostEvents(model.file, projections['all-time'])).toThrow(/Stop that process first/)
  expect(() => acceptLostEvents(`${model.file}.none`, projections['all-time'])).toThrow(/does not exist/)
})
