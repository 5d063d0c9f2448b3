import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import { nanos } from '@nats-io/transport-node'
import { expect, test, vi } from 'vitest'
import { applyStreams } from '../schema/apply-streams.ts'
import { encodeEvent, toMessage } from '../schema/events.ts'
import { READ_MODEL_NAMES } from '../schema/read-models.ts'
import { readBatch } from '../schema/runtime/read-batch.ts'
import { DEAD } from '../schema/streams.ts'
import { hourCovered, postErased, postScored, postSubmitted } from '../schema/testing/builders.ts'
import { startTestNats } from '../schema/testing/nats-server.ts'
import { ProjectorRunner } from './testing/projector-runner.ts'

const RUBBISH = 300
const GOOD = 30
const POST = 'posts.submitted.askscience'

/** Invalid events of many kinds. The number makes the bytes of each differ. */
const kinds: readonly ((number: number) => readonly [subject: string, data: string | Buffer])[] = [
  (number) => [POST, `rubbish ${number} {`],
  (number) => [POST, Buffer.from([0xff, 0xfe, number >> 8, number & 0xff])],
  (number) => [POST, encodeEvent(postSubmitted({ id: `NO ID ${number}` }))],
  (number) => [POST, encodeEvent(postSubmitted({ id: `a${number}`, title: 'long'.repeat(2_000) }))],
  (number) => ['posts.submitted.memes', encodeEvent(postSubmitted({ id: `b${number}` }))],
  (number) => ['posts.erased.askscience', encodeEvent(postSubmitted({ id: `c${number}` }))],
  (number) => ['posts.erased.memes', encodeEvent(postErased({ post_id: `d${number}` }))],
  (number) => ['scores.serious-1.askscience', encodeEvent(postScored({ post_id: `e${number}`, model: 'other-9' }))],
  (number) => ['scores.serious-1.askscience', `[${number}]`],
  (number) => ['coverage.rss', encodeEvent(hourCovered({ seen: number }))],
]

test('rubbish stops no good event while DEAD is full, and each piece gets one letter, also with a host that begins later', async () => {
  await using nats = await startTestNats()
  const connection = await nats.connect()
  const [js, jsm] = [jetstream(connection), await jetstreamManager(connection)]
  await applyStreams(jsm)
  await jsm.streams.update(DEAD, { max_bytes: 20_000 })
  await using a = await ProjectorRunner.create(nats.url)
  await using b = await ProjectorRunner.create(nats.url)
  await a.startAll()

  const rubbish = Array.from({ length: RUBBISH }, (_, number) => kinds[number % kinds.length]!(number))
  const good = Array.from({ length: GOOD }, (_, number) => {
    const id = `good${number}`
    return [toMessage(postSubmitted({ id })), toMessage(postScored({ post_id: id }))]
  })
  const published = rubbish.map(([subject, data], number) => {
    const valid = number % (RUBBISH / GOOD) === 0 ? good[number / (RUBBISH / GOOD)]! : []
    return Promise.all([
      js.publish(subject, data),
      ...valid.map(({ subject, payload }) => js.publish(subject, payload)),
    ])
  })
  await Promise.all(published)

  const posts = (host: ProjectorRunner): number =>
    host.query<{ posts: number }>('all-time', 'SELECT coalesce(sum(posts), 0) AS posts FROM all_time_view')[0]!.posts
  const waiting = (host: ProjectorRunner): number =>
    READ_MODEL_NAMES.reduce((sum, name) => sum + host.query(name, 'SELECT 1 FROM dead_letters').length, 0)
  const shown = (host: ProjectorRunner): number =>
    host.query('posts', 'SELECT 1 FROM posts_view WHERE seriousness IS NOT NULL').length
  await vi.waitFor(() => expect([posts(a), shown(a)]).toEqual([GOOD, GOOD]), { timeout: 10_000 })
  expect(waiting(a)).toBeGreaterThan(RUBBISH / 2)

  const letters = async (): Promise<string[]> =>
    (await readBatch(jsm, DEAD, { seq: 1, batch: RUBBISH * 3 })).map(({ data }) => Buffer.from(data).toString('latin1'))
  // No message id is remembered any more, as after a day.
  await jsm.streams.update(DEAD, { max_bytes: 20_000_000, duplicate_window: nanos(100) })
  await a.stopAll()
  await Promise.all([a.startAll(), b.startAll()])
  for (const host of [a, b])
    await vi.waitFor(() => expect([posts(host), waiting(host)]).toEqual([GOOD, 0]), { timeout: 10_000 })
  const wanted = rubbish.map(([, data]) => Buffer.from(data).toString('latin1')).sort()
  expect((await letters()).sort()).toEqual(wanted)
  await connection.close()
})
