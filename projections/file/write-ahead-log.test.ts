import { chmodSync, chownSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { expect, test } from 'vitest'
import { Health } from '../../schema/heartbeat.ts'
import { writeAheadLogBytes } from '../../schema/read-model-file.ts'
import { readModelMode } from '../../schema/runtime/data-dir.ts'
import { postSubmitted } from '../../schema/testing/builders.ts'
import { projections } from '../testing/all-projections.ts'
import { TestReadModel, toLog } from '../testing/replay.ts'
import { closeReadModel } from './close-read-model.ts'
import { openReadModel } from './database.ts'
import { WriteAheadLogWatch } from './write-ahead-log.ts'

const COUNT = 'SELECT count(*) AS posts FROM posts'

const NOBODY = 65_534

/** Reads the file as a user who may only read it and its folder. Only root can become that user. */
function readAsNobody(file: string): unknown {
  process.setegid!(NOBODY)
  process.seteuid!(NOBODY)
  try {
    expect(() => writeFileSync(file, '')).toThrow('EACCES')
    const database = new Sqlite(file, { readonly: true })
    const row = database.prepare(COUNT).get()
    database.close()
    return row
  } finally {
    process.seteuid!(0)
    process.setegid!(0)
  }
}

const isRoot = process.geteuid?.() === 0

test.runIf(isRoot)(
  'a user of the group can read the file while its projector runs and afterwards, if it is allowed',
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'gravitas-group-'))
    chownSync(folder, 0, NOBODY)
    // New files in this folder get its group.
    chmodSync(folder, 0o2750)
    const file = join(folder, 'posts.db')
    const database = openReadModel(file, projections.posts, readModelMode({ dataDir: folder, dataGroupRead: true }))
    expect(readAsNobody(file)).toEqual({ posts: 0 })
    closeReadModel(database)
    expect(readAsNobody(file)).toEqual({ posts: 0 })
    openReadModel(file, projections.posts, readModelMode({ dataDir: folder })).close()
    expect(() => readAsNobody(file)).toThrow('unable to open')
    rmSync(folder, { recursive: true })
  },
)

test('a file that is closed keeps its write-ahead log and the index of it, both without content', () => {
  using model = new TestReadModel(projections.posts)
  model.write(toLog([postSubmitted({ title: 'xylophonequartz' })]))
  closeReadModel(model.database)
  expect(writeAheadLogBytes(model.file)).toBe(0)
  expect(statSync(`${model.file}-shm`).size).toBeGreaterThan(0)
  expect(readFileSync(model.file).includes('xylophonequartz')).toBe(true)
  model.reopenAs(projections.posts)
  expect(model.database.prepare(COUNT).get()).toEqual({ posts: 1 })
})

test('a reader that holds the file open does not keep it from being closed', () => {
  using model = new TestReadModel(projections.posts)
  model.write(toLog([postSubmitted()]))
  const reader = new Sqlite(model.file, { readonly: true })
  reader.exec('BEGIN')
  reader.prepare(COUNT).get()
  closeReadModel(model.database)
  expect(model.database.open).toBe(false)
  expect(reader.prepare(COUNT).get()).toEqual({ posts: 1 })
  reader.close()
})

test('a large write-ahead log is a problem for as long as a reader keeps it from being emptied', () => {
  using model = new TestReadModel(projections.posts)
  const health = new Health()
  using watch = new WriteAheadLogWatch({ name: 'posts', database: model.database, health, largeBytes: 10_000 })
  const reader = new Sqlite(model.file, { readonly: true })
  reader.exec('BEGIN')
  reader.prepare(COUNT).get()
  model.write(toLog([postSubmitted()]))
  watch.check()
  expect(health.problems.list).toMatchObject([{ code: 'write-ahead-log-large', severity: 'warning' }])
  reader.close()
  watch.check()
  expect([health.problems.list, writeAheadLogBytes(model.file)]).toEqual([[], 0])
})
