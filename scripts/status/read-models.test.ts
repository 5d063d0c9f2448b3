import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readReadModel } from './read-models.ts'

let folder: string
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'gravitas-status-'))))
afterEach(() => rm(folder, { recursive: true }))

test('a file that does not exist is missing', () => {
  expect(readReadModel(folder, 'posts')).toEqual({ name: 'posts', state: 'missing', checkpoints: [], lostEvents: 0 })
})

test('a file without tables is being made', async () => {
  await writeFile(join(folder, 'posts.db'), '')
  expect(readReadModel(folder, 'posts').state).toBe('being made')
})

test('a file that is not a database is unreadable, with the reason', async () => {
  await writeFile(join(folder, 'posts.db'), 'x'.repeat(4_096))
  expect(readReadModel(folder, 'posts')).toMatchObject({ state: 'unreadable', problem: expect.stringMatching(/./) })
})

test('positions and the number of lost events are read', () => {
  const database = new Sqlite(join(folder, 'posts.db'))
  database.exec(
    'CREATE TABLE checkpoints (stream TEXT, sequence INTEGER); CREATE TABLE lost_events (stream TEXT, first_sequence INTEGER, last_sequence INTEGER, accepted INTEGER)',
  )
  database.exec(
    "INSERT INTO checkpoints VALUES ('POSTS', 12), ('SCORES', 7); INSERT INTO lost_events VALUES ('POSTS', 3, 5, 0)",
  )
  database.close()
  const checkpoints = [
    { stream: 'POSTS', sequence: 12 },
    { stream: 'SCORES', sequence: 7 },
  ]
  expect(readReadModel(folder, 'posts')).toEqual({ name: 'posts', state: 'ready', checkpoints, lostEvents: 3 })
})
