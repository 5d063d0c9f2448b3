import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { READ_MODELS } from '../../schema/read-models.ts'
import { ReadModels } from './read-models.ts'
import { createReadModel, ReadModelFiles } from '../testing/read-model-files.ts'
import { silent } from '../testing/test-gateway.ts'

const NOW = Math.floor(Date.now() / 1_000)
let files: ReadModelFiles
let models: ReadModels
let logged: object[]
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] })
  files = new ReadModelFiles()
  logged = []
  models = new ReadModels(files.folder, { ...silent, error: (fields: object) => logged.push(fields) } as never)
})
afterEach(() => {
  vi.useRealTimers()
  models[Symbol.dispose]()
  files[Symbol.dispose]()
})

const file = (name: string): string => join(files.folder, name)
/** Files are looked at twice a second at most, by the monotonic clock. */
const nextLook = (): void => void vi.advanceTimersByTime(510)
const count = (): number | undefined => models.allTime.queries?.count('serious-1', undefined)
function remove(): void {
  files.allTime.close()
  for (const suffix of ['', '-wal', '-shm']) rmSync(file(`all-time.db${suffix}`), { force: true })
}

test('is undefined until its projector has created the tables', () => {
  remove()
  expect(models.allTime.queries).toBeUndefined()
  expect(models.allTime.problem).toMatch(/does not exist yet/)
  const empty = new Sqlite(file('all-time.db'))
  empty.pragma('journal_mode = WAL')
  nextLook()
  expect(models.allTime.queries).toBeUndefined()
  empty.close()
  createReadModel(files.folder, 'all-time').close()
  nextLook()
  expect(count()).toBe(0)
  expect(models.allTime.problem).toBeUndefined()
  expect(logged).toEqual([])
})

test('a file whose state cannot be read is a problem, and nothing throws', () => {
  const allTime = models.files.get('all-time')!
  expect(allTime.status).toMatchObject({ lostEvents: 0 })
  files.allTime.exec('ALTER TABLE lost_events RENAME TO moved')
  expect(allTime.status).toBeUndefined()
  expect(allTime.problem).toMatch(/cannot be read: no such table/)
  files.allTime.exec('ALTER TABLE moved RENAME TO lost_events')
  nextLook()
  expect(allTime.status).toMatchObject({ lostEvents: 0 })
  expect(allTime.problem).toBeUndefined()
})

test('a deleted file is read until there is a new one', () => {
  files.add({ id: 'a', subreddit: 'a1', createdUtc: NOW, seriousness: 1 })
  expect(count()).toBe(1)
  const { version } = models
  remove()
  nextLook()
  expect(count()).toBe(1)
  expect(models.allTime.problem).toMatch(/deleted/)
  createReadModel(files.folder, 'all-time').close()
  nextLook()
  expect(count()).toBe(0)
  expect(models.version).not.toBe(version)
})

test('detects that a symlink points to another file', () => {
  using other = new ReadModelFiles()
  other.add({ id: 'a', subreddit: 'a1', createdUtc: NOW, seriousness: 1 })
  remove()
  mkdirSync(file('one'))
  createReadModel(file('one'), 'all-time').close()
  symlinkSync(file('one/all-time.db'), file('all-time.db'))
  expect(count()).toBe(0)
  rmSync(file('all-time.db'))
  symlinkSync(join(other.folder, 'all-time.db'), file('all-time.db'))
  nextLook()
  expect(count()).toBe(1)
})

test('a file that cannot be read is an error, logged once, and not an empty list', () => {
  remove()
  writeFileSync(file('all-time.db'), 'this is not a database, and has been written by hand. '.repeat(100))
  expect(() => models.allTime.queries).toThrow(expect.objectContaining({ extensions: expect.anything() }))
  nextLook()
  expect(() => models.allTime.queries).toThrow(/all-time\.db cannot be read/)
  expect(models.allTime.peek).toBeUndefined()
  expect(models.allTime.problem).toMatch(/cannot be read/)
  expect(logged).toHaveLength(1)
  rmSync(file('all-time.db'))
  createReadModel(files.folder, 'all-time').close()
  nextLook()
  expect(count()).toBe(0)
})

test('a file without a table that the queries need is a problem until it is replaced, and is logged once', () => {
  files.allTime.exec('DROP VIEW all_time_view; DROP TABLE names')
  for (let look = 0; look < 3; look++) {
    expect(() => models.allTime.queries).toThrow(/all-time\.db cannot be read/)
    expect(models.problems).toEqual([expect.stringMatching(/all-time\.db cannot be read: no such table/)])
    nextLook()
    expect(models.problems).toHaveLength(1)
  }
  expect(logged).toHaveLength(1)
  remove()
  createReadModel(files.folder, 'all-time').close()
  nextLook()
  expect(count()).toBe(0)
})

test('the error for a file of another version says what to do, and a right file is read again', () => {
  files.allTime.exec(`UPDATE meta SET value = '999' WHERE name = 'version'`)
  expect(() => models.allTime.queries).toThrow(/holds "all-time 999".*delete it/)
  files.allTime.exec(`UPDATE meta SET value = '${READ_MODELS['all-time'].version}' WHERE name = 'version'`)
  nextLook()
  expect(count()).toBe(0)
})
