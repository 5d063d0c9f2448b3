import { readFileSync } from 'node:fs'
import { expect, test, vi } from 'vitest'
import Sqlite from 'better-sqlite3'
import { createLogger } from '../schema/runtime/logger.ts'
import { postErased, postScored, postSubmitted } from '../schema/testing/builders.ts'
import { projections } from './registry.ts'
import { TestReadModel, toLog } from './testing/replay.ts'
import { WalScrubber } from './wal-scrubber.ts'

const SECRET = 'xylophonequartz'
const isIn = (file: string): boolean => [file, `${file}-wal`].some((part) => readFileSync(part).includes(SECRET))

test('nothing of an erased title is left in the file, its index and its write-ahead log', async () => {
  using model = new TestReadModel(projections['posts']!)
  using scrubber = new WalScrubber(model.database, createLogger('test', 'silent'))
  const log = toLog([
    postSubmitted({ title: `about ${SECRET}` }),
    postSubmitted({ id: 'other' }),
    postScored(),
    postErased(),
  ])
  model.write(log.slice(0, 3))
  model.database.pragma('wal_checkpoint(TRUNCATE)')
  expect(isIn(model.file)).toBe(true)
  // A reader in the middle of a query keeps the log from being emptied; it is tried again.
  const reader = new Sqlite(model.file, { readonly: true })
  const open = reader.prepare('SELECT id FROM posts').iterate()
  open.next()
  model.write(log.slice(3))
  scrubber.note()
  await new Promise((resolve) => setTimeout(resolve, 1_100))
  expect(isIn(model.file)).toBe(true)
  open.return?.()
  reader.close()
  await vi.waitFor(() => expect(isIn(model.file)).toBe(false), { timeout: 5_000 })
})
