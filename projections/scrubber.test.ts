import { readFileSync } from 'node:fs'
import { expect, test, vi } from 'vitest'
import Sqlite from 'better-sqlite3'
import { createLogger } from '../schema/runtime/logger.ts'
import { postErased, postScored, postSubmitted } from '../schema/testing/builders.ts'
import { projections } from './registry.ts'
import { toPostId } from '../schema/post-id.ts'
import { RemainsSearch } from './find-remains.ts'
import { TestReadModel, toLog } from './testing/replay.ts'
import { Scrubber } from './scrubber.ts'

const SECRET = 'xylophonequartz'
const isIn = (file: string): boolean => [file, `${file}-wal`].some((part) => readFileSync(part).includes(SECRET))

test('nothing of an erased title is left in the file, its index and its write-ahead log', async () => {
  using model = new TestReadModel(projections['posts']!)
  using scrubber = new Scrubber(model.database, createLogger('test', 'silent'))
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
  scrubber.note(model.write(log.slice(3)))
  await new Promise((resolve) => setTimeout(resolve, 1_100))
  expect(isIn(model.file)).toBe(true)
  open.return?.()
  reader.close()
  await vi.waitFor(() => expect(isIn(model.file)).toBe(false), { timeout: 5_000 })
})

/** Resolves when all is scrubbed. */
const untilScrubbed = (model: TestReadModel): Promise<void> =>
  vi.waitFor(() => expect(isMarked(model)).toBe(false), { timeout: 10_000, interval: 20 })

const isMarked = ({ database }: TestReadModel): boolean =>
  database.prepare("SELECT 1 FROM meta WHERE name = 'unscrubbed'").get() !== undefined

/** Posts whose ids come in no order, so that SQLite moves rows about; each with a word of its own. */
function scatteredPosts(count: number): { id: string; title: string }[] {
  const posts: { id: string; title: string }[] = []
  for (let key = 1, index = 0; index < count; index++, key = (key * 7_919) % 1_000_003) {
    const id = toPostId(36 ** 6 + key)
    posts.push({ id, title: `xylophone${id}quartz ${'and much that is common to all '.repeat(key % 4)}` })
  }
  return posts
}

test('copies that SQLite left behind when it moved rows are found, and go', async () => {
  using model = new TestReadModel(projections['posts']!)
  using scrubber = new Scrubber(model.database, createLogger('test', 'silent'))
  const posts = scatteredPosts(6_000)
  const gone = posts.filter((_, index) => index % 4 === 0)
  const log = toLog([...posts.map(postSubmitted), ...gone.map(({ id }) => postErased({ post_id: id }))])
  for (let at = 0; at < posts.length; at += 500) model.write(log.slice(at, at + 500))
  const erased = model.write(log.slice(posts.length))
  model.database.pragma('wal_checkpoint(TRUNCATE)')
  expect(left(model, gone).length).toBeGreaterThan(0)
  expect(await new RemainsSearch(erased).isIn(model.file, 4_096)).toBe(true)
  expect(isMarked(model)).toBe(true)

  scrubber.note(erased)
  await untilScrubbed(model)

  expect(left(model, gone)).toEqual([])
  expect(left(model, posts)).toHaveLength(posts.length - gone.length)
  expect(await new RemainsSearch(erased).isIn(model.file, 4_096)).toBe(false)
  model.database.exec("INSERT INTO titles (titles, rank) VALUES ('integrity-check', 1)")
}, 60_000)

/** Posts of whose title something is in the file or its write-ahead log. */
function left({ file }: TestReadModel, posts: readonly { id: string }[]): string[] {
  const bytes = [file, `${file}-wal`].map((part) => readFileSync(part, 'latin1')).join('')
  return posts.map(({ id }) => id).filter((id) => bytes.includes(`xylophone${id}quartz`))
}

test('what was erased by a process that died is scrubbed by the next one', async () => {
  using model = new TestReadModel(projections['posts']!)
  model.write(toLog([postSubmitted(), postErased()]))
  expect(isMarked(model)).toBe(true)
  using scrubber = new Scrubber(model.database, createLogger('test', 'silent'))
  scrubber.note()
  await untilScrubbed(model)
})
