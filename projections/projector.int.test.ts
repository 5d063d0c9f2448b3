import { cp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import Sqlite from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { applyStreams } from '../schema/apply-streams.ts'
import { encodeEvent, type GravitasEvent, type HourCovered, subjectOf, toMessage } from '../schema/events.ts'
import { DEAD, POSTS, SCORES } from '../schema/streams.ts'
import { toPostId } from '../schema/post-id.ts'
import type { Service } from '../schema/runtime/lifecycle.ts'
import { DurablePublisher } from '../schema/runtime/publish.ts'
import { hourCovered, postErased, postScored, postSubmitted } from '../schema/testing/builders.ts'
import { startTestNats, type TestNatsServer } from '../schema/testing/nats-server.ts'
import { changesSubject, type ChangeNotice, type ReadModelName } from '../schema/read-models.ts'
import { consumerOf } from './testing/consumer-of.ts'
import { ProjectorRunner } from './testing/projector-runner.ts'

let nats: TestNatsServer
let connection: NatsConnection
let host: ProjectorRunner

beforeEach(async () => {
  nats = await startTestNats()
  connection = await nats.connect()
  host = await ProjectorRunner.create(nats.url)
  await applyStreams(await jetstreamManager(connection))
})

afterEach(async () => {
  await host[Symbol.asyncDispose]()
  await connection.close()
  await nats[Symbol.asyncDispose]()
})

const start = (name: ReadModelName): Promise<Service> => host.start(name)

async function publish(events: readonly GravitasEvent[]): Promise<void> {
  const publisher = new DurablePublisher(connection)
  const messages = events.map((event, index) => ({
    subject: subjectOf(event),
    messageId: `${Date.now()} ${Math.random()} ${index}`,
    payload: encodeEvent(event),
  }))
  for (const stream of ['posts.', 'scores.']) {
    const group = messages.filter(({ subject }) => subject.startsWith(stream))
    for (let at = 0; at < group.length; at += 1_000) await publisher.publish(group.slice(at, at + 1_000))
  }
}

const publishCoverage = (...reports: readonly HourCovered[]) =>
  new DurablePublisher(connection).publish(reports.map(toMessage))

const seen = () => query<{ seen: number }>('hourly', 'SELECT seen FROM coverage_view').map((row) => row.seen)

const query = <T>(name: ReadModelName, sql: string): T[] => host.query<T>(name, sql)

const totals = (name: ReadModelName = 'all-time', view = 'all_time_view') =>
  query<{ posts: number }>(name, `SELECT coalesce(sum(posts), 0) AS posts FROM ${view}`)[0]!.posts

const scores = (count: number, from = 1) =>
  Array.from({ length: count }, (_, index) =>
    postScored({ post_id: toPostId(36 ** 4 + from + index), seriousness: ((from + index) % 10_000) / 10_000 }),
  )

describe('a projector', () => {
  test('resumes where it stopped, and counts a second copy once', async () => {
    const first = await start('all-time')
    await publish(scores(2_500))
    await vi.waitFor(() => expect(totals()).toBe(2_500), { timeout: 10_000 })
    await first[Symbol.asyncDispose]()
    await publish([...scores(100), ...scores(500, 2_501)])
    await start('all-time')
    await vi.waitFor(() => expect(totals()).toBe(3_000), { timeout: 10_000 })
  })

  test('continues after the server was killed and restarted', async () => {
    await start('hourly')
    await publish(scores(500))
    await vi.waitFor(() => expect(totals('hourly', 'hourly_view')).toBe(500), { timeout: 10_000 })
    await nats.kill()
    await nats.restart()
    await publish(scores(500, 501))
    await vi.waitFor(() => expect(totals('hourly', 'hourly_view')).toBe(1_000), { timeout: 30_000 })
  }, 60_000)

  test('shows a score that came before its post, and finds posts by their words', async () => {
    await publish([
      postScored({ post_sequence: 1 }),
      postSubmitted(),
      postSubmitted({ id: 'gone', title: 'secret words' }),
    ])
    await start('posts')
    await vi.waitFor(() => expect(query('posts', 'SELECT id, seriousness FROM posts_view ORDER BY id')).toHaveLength(2))
    await publish([postErased({ post_id: 'gone' }), postSubmitted({ id: 'gone', title: 'secret words' })])
    await vi.waitFor(() =>
      expect(query('posts', 'SELECT id, seriousness FROM posts_view')).toEqual([{ id: '1abcde', seriousness: 0.8731 }]),
    )
    expect(query('posts', "SELECT rowid FROM titles WHERE titles MATCH 'secret'")).toEqual([])
  })

  test('follows the reports on hours along with the scores, resumes behind them, and puts an invalid one into DEAD', async () => {
    const first = await start('hourly')
    await publish(scores(10))
    await publishCoverage(hourCovered({ seen: 1 }), hourCovered({ seen: 2 }))
    await vi.waitFor(() => expect(seen()).toEqual([2]), { timeout: 10_000 })
    await first[Symbol.asyncDispose]()
    await jetstream(connection).publish('coverage.reddit', encodeEvent(hourCovered({ hour_utc: 1_764_072_001 })))
    await publishCoverage(hourCovered({ seen: 3 }))
    await start('hourly')
    await vi.waitFor(() => expect(seen()).toEqual([3]), { timeout: 10_000 })
    await vi.waitFor(() => expect(totals('hourly', 'hourly_view')).toBe(10))
    expect(query('hourly', `SELECT sequence FROM checkpoints WHERE stream = 'COVERAGE'`)).toEqual([{ sequence: 4 }])
    const jsm = await jetstreamManager(connection)
    await vi.waitFor(async () => {
      const letter = await jsm.streams.getMessage(DEAD, { last_by_subj: 'dead.hourly' })
      expect(letter?.header.get('Gravitas-Reason')).toMatch(/hour_utc/)
    })
  })

  test('a file of a former version is refused, with what to do about it', async () => {
    const former = new Sqlite(join(host.dataDir, 'hourly.db'))
    former.exec("CREATE TABLE meta (name, value); INSERT INTO meta VALUES ('projection', 'hourly'), ('version', '3')")
    former.close()
    await expect(start('hourly')).rejects.toThrow(/holds the read model "hourly 3".* delete the file and start/)
  })

  test('a change notice names the checkpoints of the notice before it, so that a reader sees a loss', async () => {
    const notices: ChangeNotice[] = []
    connection.subscribe(changesSubject('all-time'), {
      callback: (_, { data }) => void notices.push(JSON.parse(Buffer.from(data).toString()) as ChangeNotice),
    })
    await publish(scores(5))
    const first = await start('all-time')
    await vi.waitFor(() => expect(totals()).toBe(5), { timeout: 10_000 })
    await publish(scores(5, 6))
    await vi.waitFor(() => expect(notices.at(-1)?.checkpoints[SCORES]).toBe(10), { timeout: 10_000 })
    await first[Symbol.asyncDispose]()
    await publish(scores(5, 11))
    await start('all-time')
    await vi.waitFor(() => expect(notices.at(-1)?.checkpoints[SCORES]).toBe(15), { timeout: 10_000 })
    expect(notices.map(({ before }) => before)).toEqual([
      { [POSTS]: 0, [SCORES]: 0 },
      ...notices.slice(0, -1).map(({ checkpoints }) => checkpoints),
    ])
    expect(new Set(notices.map(({ fileId }) => fileId)).size).toBe(1)
  })

  test('skips an invalid event and puts it into DEAD', async () => {
    await start('all-time')
    await jetstream(connection).publish('scores.serious-1.askscience', 'not json')
    await publish(scores(1))
    await vi.waitFor(() => expect(totals()).toBe(1), { timeout: 10_000 })
    const jsm = await jetstreamManager(connection)
    await vi.waitFor(async () => {
      const letter = await jsm.streams.getMessage(DEAD, { last_by_subj: 'dead.all-time' })
      expect(letter?.header.get('Gravitas-Reason')).toBe('not UTF-8 JSON')
      expect(letter?.string()).toBe('not json')
    })
  })

  test('an event as large as the log allows is cut in DEAD, and delays no other letter', async () => {
    await start('all-time')
    const js = jetstream(connection)
    await js.publish('scores.serious-1.askscience', Buffer.alloc(1_048_000, 'x'))
    await js.publish('scores.serious-1.askscience', 'not json')
    const jsm = await jetstreamManager(connection)
    await vi.waitFor(async () => expect((await jsm.streams.info(DEAD)).state.messages).toBe(2), { timeout: 10_000 })
    const letters = await Promise.all([1, 2].map((seq) => jsm.streams.getMessage(DEAD, { seq })))
    expect(letters.map((letter) => letter!.header.get('Gravitas-Truncated')).sort()).toEqual(['', '1048000 bytes'])
  })

  test('continues after messages were lost in transit', async () => {
    await start('all-time')
    await publish(scores(2_000))
    await vi.waitFor(() => expect(totals()).toBe(2_000), { timeout: 20_000 })
    const thief = await jetstream(connection).consumers.get(SCORES, consumerOf(host.dataDir, 'all-time'))
    for (let round = 1; round <= 3; round++) {
      const stolen = await thief.fetch({ max_messages: 200, expires: 1_000 })
      await publish(scores(3_000, round * 3_000))
      for await (const message of stolen) void message
      await publish(scores(50, 100_000 + round * 50))
      await vi.waitFor(() => expect(totals()).toBe(2_000 + round * 3_050), { timeout: 30_000 })
    }
  }, 120_000)

  test('follows a stream that was re-created before anything was applied', async () => {
    const first = await start('all-time')
    await first[Symbol.asyncDispose]()
    const jsm = await jetstreamManager(connection)
    await jsm.streams.delete(SCORES)
    await applyStreams(jsm)
    const second = await start('all-time')
    await publish(scores(10))
    await vi.waitFor(() => expect(totals()).toBe(10), { timeout: 10_000 })
    await second[Symbol.asyncDispose]()
    await start('all-time')
    await publish(scores(5, 11))
    await vi.waitFor(() => expect(totals()).toBe(15), { timeout: 10_000 })
  }, 60_000)

  test('refuses a stream that was re-created, and rebuilds once its file is deleted', async () => {
    const first = await start('all-time')
    await publish(scores(10))
    await vi.waitFor(() => expect(totals()).toBe(10), { timeout: 10_000 })
    await first[Symbol.asyncDispose]()
    const jsm = await jetstreamManager(connection)
    await jsm.streams.delete(SCORES)
    await applyStreams(jsm)
    await publish(scores(20))
    await expect(start('all-time')).rejects.toThrow(/was created at/)
    await rm(join(host.dataDir, 'all-time.db'))
    await start('all-time')
    await vi.waitFor(() => expect(totals()).toBe(20), { timeout: 10_000 })
  })

  test('records that the beginning of the log is lost', async () => {
    await publish(scores(10))
    await (await jetstreamManager(connection)).streams.purge(SCORES, { seq: 5 })
    await start('all-time')
    await vi.waitFor(() => expect(totals()).toBe(6), { timeout: 20_000 })
    expect(query('all-time', 'SELECT stream, first_sequence, last_sequence FROM lost_events')).toEqual([
      { stream: SCORES, first_sequence: 1, last_sequence: 4 },
    ])
  }, 30_000)

  test('fails when the log goes back to an older state while it runs', async () => {
    const service = await start('all-time')
    await publish(scores(5))
    await vi.waitFor(() => expect(totals()).toBe(5), { timeout: 10_000 })
    await nats.kill()
    const backup = `${host.dataDir}/backup`
    await cp(nats.storeDir, backup, { recursive: true })
    await nats.restart()
    await publish(scores(5, 6))
    await vi.waitFor(() => expect(totals()).toBe(10), { timeout: 20_000 })
    await nats.kill()
    await rm(nats.storeDir, { recursive: true })
    await cp(backup, nats.storeDir, { recursive: true })
    await nats.restart()
    await expect(service.failed).rejects.toThrow(/went back to an older state/)
  }, 60_000)
})
