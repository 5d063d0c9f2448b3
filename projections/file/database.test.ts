import { expect, test } from 'vitest'
import { postScored } from '../../schema/testing/builders.ts'
import { projection } from '../all-time/projection.ts'
import { TestReadModel, toLog } from '../testing/replay.ts'

const { version } = projection
const next = { ...projection, version: version + 1, upgrades: { [version]: 'CREATE TABLE more (name TEXT) STRICT;' } }

test('a file of a former version is upgraded in place, and keeps its rows and checkpoints', () => {
  using model = new TestReadModel(projection)
  const log = toLog([postScored(), postScored({ post_id: 'b' })])
  model.write(log.slice(0, 1))
  model.reopenAs(next)
  expect(model.database.prepare("SELECT value FROM meta WHERE name = 'version'").pluck().get()).toBe(`${version + 1}`)
  model.write(log)
  expect(model.database.prepare('SELECT posts FROM all_time').pluck().all()).toEqual([2])
  expect(model.database.prepare('SELECT count(*) FROM more').pluck().get()).toBe(0)
})

test('a file without an upgrade to this version stays unchanged, and the error says what to do', () => {
  using model = new TestReadModel(projection)
  expect(() => model.reopenAs({ ...next, version: version + 2 })).toThrow(
    new RegExp(`holds the read model "all-time ${version}".*rebuilt`),
  )
  model.reopenAs(next)
  expect(() => model.reopenAs(projection)).toThrow(`holds the read model "all-time ${version + 1}"`)
})
