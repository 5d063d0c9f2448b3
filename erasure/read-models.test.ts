import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Sqlite, { type Database } from 'better-sqlite3'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { READ_MODEL_NAMES } from '../schema/read-models.ts'
import type { RecordedErasures } from './erase-posts.ts'
import { awaitReadModels, IS_GONE } from './read-models.ts'

const erasures: RecordedErasures = {
  streamCreated: 'then',
  recordedAt: 18,
  messages: new Map([
    ['POSTS', new Set([3])],
    ['SCORES', new Set([5])],
  ]),
}
const QUICKLY = { silenceMs: 0 }

let dataDir: string
let file: Database | undefined
beforeEach(async () => void (dataDir = await mkdtemp(join(tmpdir(), 'gravitas-erasure-'))))
afterEach(async () => {
  file?.close()
  await rm(dataDir, { recursive: true })
})

/** Creates the file of `posts` as its projector does, at a position of POSTS. */
function createFile(sequence: number, streamCreated = 'then'): Database {
  const database = (file = new Sqlite(join(dataDir, 'posts.db')))
  database.pragma('journal_mode = WAL')
  database.exec(`CREATE TABLE checkpoints (stream TEXT, stream_created TEXT, sequence INTEGER);
    CREATE TABLE dead_letters (stream TEXT, sequence INTEGER);
    CREATE TABLE meta (name TEXT, value TEXT);
    INSERT INTO checkpoints VALUES ('POSTS', '${streamCreated}', ${sequence})`)
  return database
}

async function stateOfPosts(limits = QUICKLY): Promise<string> {
  const outcomes = await awaitReadModels(dataDir, erasures, IS_GONE, limits)
  const others = READ_MODEL_NAMES.slice(1).map((name) => ({ name, state: 'missing' }))
  expect(outcomes.slice(1)).toMatchObject(others)
  return outcomes[0]!.state
}

test('a file that does not exist is missing, and one that is not a database is unreadable', async () => {
  expect(await stateOfPosts()).toBe('missing')
  await writeFile(join(dataDir, 'posts.db'), 'x'.repeat(4_096))
  expect(await stateOfPosts()).toBe('unreadable')
})

test.each([
  ['before the erasure', 'pending', 17, ''],
  ['at the erasure', 'gone', 18, ''],
  ['with a dead letter of an erased event', 'sending', 18, "INSERT INTO dead_letters VALUES ('SCORES', 5)"],
  ['with dead letters of other events', 'gone', 18, "INSERT INTO dead_letters VALUES ('SCORES', 3), ('POSTS', 5)"],
  [
    'with a file that another program holds open',
    'held',
    18,
    "INSERT INTO meta VALUES ('unscrubbed', 'log'), ('held open', '')",
  ],
  ['with a file that was not searched yet', 'scrubbing', 18, "INSERT INTO meta VALUES ('unscrubbed', '1')"],
])('%s: %s', async (_, state, sequence, sql) => {
  const database = createFile(sequence)
  database.exec(sql)
  expect(await stateOfPosts()).toBe(state)
})

test('a checkpoint of another stream of the same name proves nothing', async () => {
  createFile(99, 'before')
  expect(await stateOfPosts()).toBe('other log')
})

test('waits for a read model that advances, and not for one that does not', async () => {
  const database = createFile(10)
  let sequence = 10
  const applying = setInterval(() => {
    database.prepare('UPDATE checkpoints SET sequence = ?').run(++sequence)
    if (sequence === 18) clearInterval(applying)
  }, 100)
  expect(await stateOfPosts({ silenceMs: 1_000 })).toBe('gone')
  database.exec('UPDATE checkpoints SET sequence = 12')
  expect(await stateOfPosts({ silenceMs: 300 })).toBe('pending')
})
