import { readFileSync } from 'node:fs'
import { describe, expect, test, vi } from 'vitest'
import Sqlite from 'better-sqlite3'
import { Health } from '../../schema/heartbeat.ts'
import { createLogger } from '../../schema/runtime/logger.ts'
import { postErased, postScored, postSubmitted } from '../../schema/testing/builders.ts'
import { projections } from '../testing/all-projections.ts'
import { toPostId } from '../../schema/post-id.ts'
import { RemainsSearch } from './find-remains.ts'
import { TestReadModel, toLog } from '../testing/replay.ts'
import { Scrubber } from './scrubber.ts'

const SECRET = 'xylophonequartz'
const scrubberOf = ({ database }: TestReadModel, logger = createLogger('test', 'silent'), health = new Health()) =>
  new Scrubber({ name: 'posts', database, logger, health, heldAfterMs: 0 })
const isIn = (file: string): boolean => [file, `${file}-wal`].some((part) => readFileSync(part).includes(SECRET))

test('nothing of an erased title is left in the file, its index and its write-ahead log', async () => {
  using model = new TestReadModel(projections.posts)
  const logger = createLogger('test', 'silent')
  const refused = new Promise<void>((resolve) => (logger.debug = () => resolve()))
  const health = new Health()
  await using scrubber = scrubberOf(model, logger, health)
  const log = toLog([
    postSubmitted({ title: `about ${SECRET}` }),
    postSubmitted({ id: 'other' }),
    postScored(),
    postErased(),
  ])
  model.write(log.slice(0, 3))
  model.database.pragma('wal_checkpoint(TRUNCATE)')
  expect(isIn(model.file)).toBe(true)
  // A reader in the middle of a query keeps the log from being emptied; the scrubber tries again.
  const reader = new Sqlite(model.file, { readonly: true })
  const open = reader.prepare('SELECT id FROM posts').iterate()
  open.next()
  scrubber.note(model.write(log.slice(3)))
  await refused
  expect(isIn(model.file)).toBe(true)
  await vi.waitFor(() => expect(health.problems.list).toMatchObject([{ code: 'erased-text-held' }]))
  expect(heldOpen(model)).toBe(1)
  open.return?.()
  reader.close()
  await vi.waitFor(() => expect(isIn(model.file)).toBe(false), { timeout: 5_000 })
  await untilScrubbed(model)
  expect([heldOpen(model), health.problems.list]).toEqual([0, []])
})

const heldOpen = ({ database }: TestReadModel) =>
  database.prepare("SELECT count(*) FROM meta WHERE name = 'held open'").pluck().get()

/** Resolves when the scrubbing is done. */
const untilScrubbed = (model: TestReadModel): Promise<void> =>
  vi.waitFor(() => expect(isMarked(model)).toBe(false), { timeout: 10_000, interval: 20 })

const isMarked = ({ database }: TestReadModel): boolean =>
  database.prepare("SELECT 1 FROM meta WHERE name = 'unscrubbed'").get() !== undefined

/** Posts in random order of their ids, so that SQLite moves rows. Each title has a word of its own. */
function scatteredPosts(count: number): { id: string; title: string }[] {
  const posts: { id: string; title: string }[] = []
  for (let key = 1, index = 0; index < count; index++, key = (key * 7_919) % 1_000_003) {
    const id = toPostId(36 ** 6 + key)
    posts.push({ id, title: `xylophone${id}quartz ${'and much that is common to all '.repeat(key % 4)}` })
  }
  return posts
}

/** Writes many posts and erases every fourth: copies of some are left in unused bytes. */
function writeScattered(model: TestReadModel) {
  const posts = scatteredPosts(6_000)
  const gone = posts.filter((_, index) => index % 4 === 0)
  const log = toLog([...posts.map(postSubmitted), ...gone.map(({ id }) => postErased({ post_id: id }))])
  for (let at = 0; at < posts.length; at += 500) model.write(log.slice(at, at + 500))
  return { posts, gone, erased: model.write(log.slice(posts.length)) }
}

test('copies that SQLite left behind when it moved rows are found and removed', async () => {
  using model = new TestReadModel(projections.posts)
  await using scrubber = scrubberOf(model)
  const { posts, gone, erased } = writeScattered(model)
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

/** Ids of the posts whose titles are in the file or its write-ahead log. */
function left({ file }: TestReadModel, posts: readonly { id: string }[]): string[] {
  const bytes = [file, `${file}-wal`].map((part) => readFileSync(part, 'latin1')).join('')
  return posts.map(({ id }) => id).filter((id) => bytes.includes(`xylophone${id}quartz`))
}

test('an erasure by a process that died is scrubbed by the next one', async () => {
  using model = new TestReadModel(projections.posts)
  model.write(toLog([postSubmitted(), postErased()]))
  expect(isMarked(model)).toBe(true)
  await using scrubber = scrubberOf(model)
  scrubber.note()
  await untilScrubbed(model)
})

describe('a process that ends', () => {
  test('scrubs first, so that the next process has nothing to do', async () => {
    using model = new TestReadModel(projections.posts)
    model.write(toLog([postSubmitted({ title: `about ${SECRET}` })]))
    const scrubber = scrubberOf(model)
    scrubber.note(model.write(toLog([postSubmitted(), postErased()]).slice(1)))
    expect(isIn(model.file)).toBe(true)
    await scrubber[Symbol.asyncDispose]()
    expect([isIn(model.file), isMarked(model)]).toEqual([false, false])
  })

  test('leaves the scrubbing to the next process if the file has to be rewritten', async () => {
    using model = new TestReadModel(projections.posts)
    const { erased, gone } = writeScattered(model)
    const scrubber = scrubberOf(model)
    scrubber.note(erased)
    await scrubber[Symbol.asyncDispose]()
    expect(isMarked(model)).toBe(true)
    await using next = scrubberOf(model)
    next.note()
    await untilScrubbed(model)
    expect(left(model, gone)).toEqual([])
  }, 60_000)
})

test('a write-ahead log that cannot be emptied is logged as an error', async () => {
  using model = new TestReadModel(projections.posts)
  model.write(toLog([postSubmitted(), postErased()]))
  const logger = createLogger('test', 'silent')
  const failed = new Promise((resolve) => (logger.error = resolve))
  const closed = new Sqlite(model.file)
  await using scrubber = new Scrubber({ name: 'posts', database: closed, logger, health: new Health() })
  closed.close()
  scrubber.note()
  expect(await failed).toMatchObject({ err: expect.any(Error) as Error })
})

test('after a failure it tries again, first after a short pause', async () => {
  using model = new TestReadModel(projections.posts)
  const logger = createLogger('test', 'silent')
  const failed = new Promise((resolve) => (logger.error = resolve))
  const retry = { firstMs: 10, maxMs: 60_000 }
  await using scrubber = new Scrubber({ name: 'posts', database: model.database, logger, health: new Health(), retry })
  scrubber.note(model.write(toLog([postSubmitted(), postErased()])))
  // Room on a full disk is needed to empty the write-ahead log.
  vi.spyOn(model.database, 'pragma').mockImplementationOnce(() => {
    throw new Error('database or disk is full')
  })
  expect(await failed).toMatchObject({ err: new Error('database or disk is full') })
  await untilScrubbed(model)
})
