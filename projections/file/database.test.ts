import { expect, test } from 'vitest'
import { postScored } from '../../schema/testing/builders.ts'
import { projection } from '../all-time/projection.ts'
import { TestReadModel, toLog } from '../testing/replay.ts'

test('a file of another version stays unchanged, and the error says what to do', () => {
  using model = new TestReadModel(projection)
  model.write(toLog([postScored()]))
  const { version } = projection
  expect(() => model.reopenAs({ ...projection, version: version + 1 })).toThrow(
    new RegExp(`holds the read model "all-time ${version}".*rebuilt`),
  )
  model.reopenAs(projection)
  expect(model.database.prepare('SELECT posts FROM all_time').pluck().all()).toEqual([1])
})
