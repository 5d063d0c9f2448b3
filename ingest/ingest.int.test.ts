import { execFileSync } from 'node:child_process'
import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { ProgressOutput } from '../schema/runtime/progress.ts'
import { readBatch } from '../schema/runtime/read-batch.ts'
import { createLogger } from '../schema/runtime/logger.ts'
import { applyStreams } from '../schema/apply-streams.ts'
import { DEAD, POSTS } from '../schema/streams.ts'
import { startTestNats, type TestNatsServer } from '../schema/testing/nats-server.ts'
import { readIngestConfig } from './config.ts'
import { startIngest, type IngestService } from './start-ingest.ts'

let nats: TestNatsServer
let connection: NatsConnection
let jsm: JetStreamManager
let folder: string

beforeEach(async () => {
  nats = await startTestNats()
  connection = await nats.connect()
  jsm = await jetstreamManager(connection)
  folder = await mkdtemp(join(tmpdir(), 'gravitas-ingest-'))
  await applyStreams(jsm)
})

afterEach(async () => {
  await connection.close()
  await nats[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

const line = (number: number, more: object = {}): string =>
  JSON.stringify({
    id: (36 ** 4 + number).toString(36),
    subreddit: 'AskScience',
    title: `post ${number}`,
    created_utc: '1363000000',
    author: 'x',
    ...more,
  })
const lines = (count: number, from = 0): string =>
  Array.from({ length: count }, (_, index) => line(from + index)).join('\n') + '\n'
const stored = async (stream = POSTS as string): Promise<number> => (await jsm.streams.info(stream)).state.messages

async function storedIds(): Promise<Set<string>> {
  const ids = new Set<string>()
  const total = await stored()
  for (let seq = 1; seq <= total; seq += 1_000) {
    const page = await readBatch(jsm, POSTS, { seq, batch: 1_000 })
    for (const message of page) ids.add(message.json<{ id: string }>().id)
  }
  return ids
}

async function start(
  args: string[],
  env: Record<string, string> = {},
  output?: ProgressOutput,
): Promise<IngestService> {
  const config = readIngestConfig({ NATS_URL: nats.url, DATA_DIR: folder, LOG_LEVEL: 'silent', ...env }, args)
  return startIngest(config, createLogger('ingest', 'silent'), output)
}

async function importFiles(...files: string[]): Promise<void> {
  await using service = await start(['--source', 'dump', ...files])
  await service.finished
}

async function file(name: string, data: string | Uint8Array): Promise<string> {
  await writeFile(join(folder, name), data)
  return join(folder, name)
}

test('recognizes plain, gzip and zstd files by their first bytes, and stores no author', async () => {
  await importFiles(
    await file('a.ndjson', lines(1_500)),
    await file('b.data', gzipSync(lines(1_500, 1_500))),
    await file('c.zst', zstdCompressSync(lines(1_500, 3_000))),
  )
  expect(await stored()).toBe(4_500)
  const message = await jsm.streams.getMessage(POSTS, { seq: 1 })
  expect(message!.subject).toBe('posts.submitted.askscience')
  expect(message!.header.get('Nats-Msg-Id')).toMatch(/^post:/)
  expect(message!.json()).not.toHaveProperty('author')
  expect(message!.json()).toMatchObject({ created_utc: 1_363_000_000, source: 'dump' })
})

test('a file that is no dump leaves nothing in DEAD, and one whose rest is none ends with the line', async () => {
  await expect(importFiles(await file('keys.ndjson', '{"key":"secret"}\n\n'))).rejects.toThrow(
    /keys.ndjson: No line of it/,
  )
  await expect(importFiles(await file('a.ndjson', '{}\n'.repeat(3_000)))).rejects.toThrow(/1,000 lines in a row.*title/)
  expect([await stored(), await stored(DEAD)]).toEqual([0, 0])
  const rest = await file('b.ndjson', `${lines(3)}${'{}\n'.repeat(1_500)}${lines(3, 3)}`)
  await expect(importFiles(rest)).rejects.toThrow(/b\.ndjson: 1,000 lines in a row have no post, up to line 1,003/)
  expect(await stored()).toBe(3)
  // The next run goes on behind these lines.
  await importFiles(rest)
  expect([await stored(), await stored(DEAD)]).toEqual([6, 1_500])
})

test('counts a broken line, puts it into DEAD and goes on', async () => {
  const broken = ['{"id":', '[1]', line(7, { created_utc: 1 }), line(8, { subreddit: 'not a name' })]
  await importFiles(await file('a.ndjson', `${lines(3)}${broken.join('\n')}\n\n${lines(2, 10)}`))
  expect(await stored()).toBe(5)
  expect(await stored(DEAD)).toBe(4)
  const letter = await jsm.streams.getMessage(DEAD, { seq: 1 })
  expect(letter!.string()).toBe('{"id":')
  expect(letter!.header.get('Gravitas-Line')).toBe('4')
})

test('nothing of a file that is not one of posts is stored, also of a pipe and of a followed file', async () => {
  const path = await file('passwd', 'root:x:0:0:root:/root:/bin/bash\n'.repeat(20))
  const refused = /is not a file of posts: .* Nothing of it was used/
  await expect(importFiles(path)).rejects.toThrow(refused)
  await expect(importFiles(path, '--follow')).rejects.toThrow(refused)
  const pipe = join(folder, 'pipe')
  execFileSync('mkfifo', [pipe])
  await Promise.all([
    expect(importFiles(pipe)).rejects.toThrow(refused),
    writeFile(pipe, 'x\n'.repeat(20)).catch(() => {}),
  ])
  await Promise.all([importFiles(pipe), writeFile(pipe, lines(3))])
  expect([await stored(), await stored(DEAD)]).toEqual([3, 0])
})

test('an import ends although DEAD is full, says that letters wait, and a later run sends each once', async () => {
  await jsm.streams.update(DEAD, { max_bytes: 2_000 })
  const path = await file('a.ndjson', `${lines(300)}${'no post\n'.repeat(50)}${lines(300, 300)}`)
  let output = ''
  const config = readIngestConfig({ NATS_URL: nats.url, DATA_DIR: folder }, ['--source', 'dump', path])
  {
    const write = (text: string): boolean => ((output += text), true)
    await using service = await startIngest(config, createLogger('ingest', 'silent'), { write })
    await service.finished
  }
  const arrived = await stored(DEAD)
  expect([await stored(), arrived < 50]).toEqual([600, true])
  expect(output).toContain(`${50 - arrived} rejected events wait in ${folder}`)
  await jsm.streams.update(DEAD, { max_bytes: 1_000_000 })
  await importFiles(await file('b.ndjson', lines(1, 1_000)))
  expect(await stored(DEAD)).toBe(50)
})

test('a post twice in one file, and a file imported twice, are stored once', async () => {
  const path = await file('a.ndjson', lines(1_200) + lines(1_200))
  await importFiles(path)
  await importFiles(path)
  expect(await stored()).toBe(1_200)
})

test('the error of a truncated archive says how far it was read, and what was read is stored', async () => {
  const whole = zstdCompressSync(
    Buffer.from(Array.from({ length: 60_000 }, (_, n) => line(n, { title: `${Math.sin(n)}` })).join('\n')),
  )
  const path = await file('cut.zst', whole.subarray(0, Math.floor(whole.length * 0.7)))
  await expect(importFiles(path)).rejects.toThrow(/is truncated. It was read up to [\d,]+ posts, [\d,]+ lines/)
  expect(await stored()).toBeGreaterThan(10_000)
})

test('an interrupted import goes on where it stopped', async () => {
  const path = await file('a.ndjson', lines(60_000))
  const first = await start(['--source', 'dump', path])
  await vi.waitFor(async () => expect(await stored()).toBeGreaterThan(2_000), { interval: 5, timeout: 10_000 })
  await first[Symbol.asyncDispose]()
  expect(await stored()).toBeLessThan(60_000)
  await importFiles(path)
  expect(await stored()).toBe(60_000)
})

test('an interrupted import starts from the beginning when POSTS was re-created', async () => {
  const path = await file('a.ndjson', lines(30_000))
  const first = await start(['--source', 'dump', path])
  await vi.waitFor(async () => expect(await stored()).toBeGreaterThan(2_000), { interval: 5, timeout: 10_000 })
  await first[Symbol.asyncDispose]()
  await jsm.streams.delete(POSTS)
  await applyStreams(jsm)
  const said: string[] = []
  await using second = await start(['--source', 'dump', path], {}, { write: (text) => said.push(text) })
  await second.finished
  expect(await stored()).toBe(30_000)
  expect(said[0]).toBe('POSTS was re-created since the last run: reading a.ndjson from its beginning\n')
})

test('an import during which POSTS is re-created fails, and stores everything when it is repeated', async () => {
  const path = await file('live.ndjson', lines(10))
  const args = ['--source', 'dump', '--follow', path]
  const first = await start(args)
  await vi.waitFor(async () => expect(await stored()).toBe(10), { timeout: 10_000 })
  await jsm.streams.delete(POSTS)
  await applyStreams(jsm)
  let written = 10
  const failed = first.finished.then(() => '', String)
  while ((await Promise.race([failed, pause(100)])) === undefined) await appendFile(path, lines(1, written++))
  expect(await failed).toContain('POSTS was re-created. Posts that were stored before are missing')
  await first[Symbol.asyncDispose]()
  await using _second = await start(args)
  await vi.waitFor(async () => expect((await storedIds()).size).toBe(written), { timeout: 10_000 })
})

test('a followed file is read on after a stop, and from its beginning when another file replaced it', async () => {
  const path = await file('live.ndjson', lines(10))
  const follow = async (expected: number): Promise<void> => {
    await using _service = await start(['--source', 'dump', '--follow', path])
    await vi.waitFor(async () => expect(await stored()).toBe(expected), { timeout: 10_000 })
  }
  await follow(10)
  await appendFile(path, lines(5, 10))
  await follow(15)
  await rm(path)
  await file('live.ndjson', lines(8, 100))
  await follow(23)
  await writeFile(path, lines(3, 200))
  await follow(26)
})

test('--subreddits imports only those, and posts deleted later are left out', async () => {
  const text = [
    line(1),
    line(2, { subreddit: 'Memes' }),
    line(3, { subreddit: 'Memes', _meta: { was_deleted_later: true } }),
  ].join('\n')
  await using service = await start(['--source', 'dump', '--subreddits', 'memes', await file('a.ndjson', text)])
  await service.finished
  expect(await stored()).toBe(1)
})

test('wrong arguments are all named at once', () => {
  const env = { DEMO_SPEED: 'fast', NATS_PORT: '0' }
  expect(() => readIngestConfig(env, ['--source', 'dump', '/no/such/file'])).toThrow(/NATS_PORT[^]*no\/such\/file/)
  expect(() => readIngestConfig({}, ['--source', 'telepathy'])).toThrow(/telepathy.*Allowed choices/)
})

test('the demo generates its history, and after a restart goes on where it stopped', async () => {
  const first = await start(['--source', 'demo'], { DEMO_DAYS: '1' })
  await vi.waitFor(async () => expect(await stored()).toBeGreaterThan(20_000), { timeout: 30_000 })
  await first[Symbol.asyncDispose]()
  await using _second = await start(['--source', 'demo'], { DEMO_DAYS: '1' })
  const before = await stored()
  await vi.waitFor(async () => expect(await stored()).toBeGreaterThan(before), { timeout: 30_000 })
  const { subjects } = (await jsm.streams.info(POSTS, { subjects_filter: 'posts.submitted.*' })).state
  expect(Object.keys(subjects ?? {}).length).toBeGreaterThanOrEqual(35)
})
