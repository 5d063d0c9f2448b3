import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { postScored } from '../../schema/testing/builders.ts'
import { projection } from '../all-time/projection.ts'
import { openReadModel } from './database.ts'
import { TestReadModel, toLog } from '../testing/replay.ts'

test('a file and its write-ahead log have the permissions that are asked for, and a new one is private', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gravitas-modes-'))
  const file = join(folder, 'all-time.db')
  const modes = (): number[] => ['', '-wal', '-shm'].map((suffix) => statSync(file + suffix).mode & 0o777)
  const umask = process.umask(0)
  for (const [mode, expected] of [
    [undefined, 0o600],
    [0o640, 0o640],
    [undefined, 0o640],
    [0o600, 0o600],
  ] as const) {
    const database = openReadModel(file, projection, mode)
    database.exec(`INSERT OR REPLACE INTO meta (name, value) VALUES ('test', 'x')`)
    expect(modes()).toEqual([expected, expected, expected])
    database.close()
  }
  process.umask(umask)
  rmSync(folder, { recursive: true })
})

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
