import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { createReadModel, ReadModelFiles } from '../testing/read-model-files.ts'
import { silent } from '../testing/test-gateway.ts'
import { ReadPool } from './read-pool.ts'
import type { READS } from '../testing/slow-reads.ts'
import type { ReaderOptions } from './reads.ts'

interface SlowReader {
  read(name: keyof typeof READS, args?: unknown): Promise<unknown>
}

const SLOW = new URL('../testing/slow-reads.ts', import.meta.url)
/** Counting this far takes some minutes. */
const FOREVER = 1e10
/** Counting this far takes a second or two: longer than a read may take, and soon enough for the test to end. */
const LATE = 1e7
const files = new ReadModelFiles()
const pool = new ReadPool({ dataDir: files.folder, logger: silent, reads: SLOW, budgetMs: 100 })
/** No read of this pool ends because its time is used up. */
const patient = new ReadPool({ dataDir: files.folder, logger: silent, reads: SLOW, budgetMs: 600_000 })
afterAll(async () => {
  await pool[Symbol.asyncDispose]()
  await patient[Symbol.asyncDispose]()
  files[Symbol.dispose]()
})

const begin = ({ of = pool, ...options }: ReaderOptions & { readonly of?: ReadPool } = {}): SlowReader =>
  of.begin(options) as never
const timeLimit = expect.objectContaining({ extensions: { code: 'TIME_LIMIT', http: { status: 503 } } })

test('a slow statement is interrupted, and the pool works afterwards', async () => {
  await expect(begin().read('interruptible', { most: FOREVER })).rejects.toEqual(timeLimit)
  expect(await Promise.all([1, 2, 3].map((value) => begin().read('quick', value)))).toEqual([1, 2, 3])
})

test('heavy requests leave a worker to the others', async () => {
  const ended: string[] = []
  const file = join(files.folder, 'go')
  const heavy = ['a', 'b'].map((search) =>
    begin({ of: patient })
      .read('hold', { file, search })
      .then(() => ended.push(search)),
  )
  const light = [1, 2, 3].map((value) => begin({ of: patient }).read('quick', value))
  expect(await Promise.all(light)).toEqual([1, 2, 3])
  expect(ended).toEqual([])
  writeFileSync(file, '')
  await Promise.all(heavy)
  expect(ended).toEqual(['a', 'b'])
})

test('a worker whose statement cannot be interrupted is replaced', async () => {
  const slow = [begin().read('native', { most: LATE }), begin().read('native', { most: LATE })]
  await Promise.all(slow.map((read) => expect(read).rejects.toEqual(timeLimit)))
  expect(await Promise.all([1, 2].map((value) => begin().read('quick', value)))).toEqual([1, 2])
})

test('a worker that dies fails its read only', async () => {
  await expect(begin({ of: patient }).read('crash')).rejects.toThrow('the worker of a read ended')
  expect(await Promise.all([1, 2].map((value) => begin({ of: patient }).read('quick', value)))).toEqual([1, 2])
})

test('the time of a request is that of all its reads, and the reads after its end fail at once', async () => {
  const reader = begin()
  const reads = [reader.read('quick', 1), reader.read('interruptible', { most: FOREVER }), reader.read('quick', 2)]
  await expect(reads[0]).resolves.toBe(1)
  await expect(reads[1]).rejects.toEqual(timeLimit)
  await expect(reads[2]).rejects.toEqual(timeLimit)
  await expect(reader.read('quick', 3)).rejects.toEqual(timeLimit)
  await expect(begin().read('quick', 3)).resolves.toBe(3)
})

test('requests take turns after each read', async () => {
  const order: string[] = []
  const reads = ['a', 'b', 'c'].flatMap((name) => {
    const reader = begin()
    // Searches are heavy, so that they run in one worker, one after the other.
    return [1, 2].map((turn) => reader.read('quick', { search: name }).then(() => order.push(`${name}${turn}`)))
  })
  await Promise.all(reads)
  expect(order).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'c2'])
})

test('the reads of a client that has left are not run', async () => {
  const controller = new AbortController()
  const reader = begin({ signal: controller.signal })
  const [first, second] = [reader.read('quick', 1), reader.read('quick', 2)]
  controller.abort(new Error('the client has left'))
  await expect(first).resolves.toBe(1)
  await expect(second).rejects.toThrow('the client has left')
})

test('a request whose results are too long together is refused', async () => {
  const reader = begin({ of: patient })
  const reads = await Promise.allSettled([1, 2, 3].map(() => reader.read('large')))
  expect(reads.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected'])
  expect(reads[2]).toMatchObject({ reason: { extensions: { code: 'QUERY_TOO_LARGE' } } })
})

test('as many requests wait as may wait, and others are refused', async () => {
  const reads = Array.from({ length: 200 }, () => begin().read('quick', { search: 'word' }))
  const settled = await Promise.allSettled([...reads, begin().read('quick', 1)])
  const refused = settled.filter(({ status }) => status === 'rejected') as PromiseRejectedResult[]
  expect(refused.map(({ reason }) => (reason as { extensions: { code: string } }).extensions.code)).toEqual(
    Array.from({ length: 99 }, () => 'OVERLOADED'),
  )
  expect(settled.at(-1)).toEqual({ status: 'fulfilled', value: 1 })
})

test('a file that cannot be read, or is replaced, is noticed by the next read', async () => {
  files.add({ id: 'a', subreddit: 'a1', createdUtc: 1_764_000_000, seriousness: 1 })
  expect(await begin({ of: patient }).read('count')).toBe(1)
  files.allTime.exec(`UPDATE meta SET value = '999' WHERE name = 'version'`)
  const replaced = (): void => {
    files.allTime.close()
    for (const suffix of ['', '-wal', '-shm']) rmSync(join(files.folder, `all-time.db${suffix}`), { force: true })
    createReadModel(files.folder, 'all-time').close()
  }
  replaced()
  expect(await begin({ of: patient }).read('count')).toBe(0)
  const file = createReadModel(files.folder, 'all-time')
  rmSync(join(files.folder, 'all-time.db'))
  file.close()
  expect(await begin({ of: patient }).read('count')).toBe(0)
  createReadModel(files.folder, 'all-time').exec(`UPDATE meta SET value = '999' WHERE name = 'version'`).close()
  await expect(begin({ of: patient }).read('count')).rejects.toThrow(
    /all-time\.db cannot be read: it holds "all-time 999"/,
  )
  await expect(begin({ of: patient }).read('count')).rejects.toMatchObject({
    extensions: { code: 'READ_MODEL_UNAVAILABLE', http: { status: 503 } },
  })
})
