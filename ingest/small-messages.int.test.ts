import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { jetstreamManager } from '@nats-io/jetstream'
import { expect, test } from 'vitest'
import { applyStreams } from '../schema/apply-streams.ts'
import { Health } from '../schema/heartbeat.ts'
import { Outbox } from '../schema/outbox/outbox.ts'
import { createLogger } from '../schema/runtime/logger.ts'
import { DurablePublisher } from '../schema/runtime/publish.ts'
import { DEAD, POSTS } from '../schema/streams.ts'
import { startTestNats } from '../schema/testing/nats-server.ts'
import { readIngestConfig } from './config.ts'
import { PostsPublisher } from './posts-publisher.ts'
import { PublishingSink } from './sources/live/post-sink.ts'
import { startIngest } from './start-ingest.ts'

const MAX_PAYLOAD = 32_768
const LARGEST = MAX_PAYLOAD - 4_096

const post = (id: string, selftext: string): Record<string, unknown> => ({
  id,
  subreddit: 'AskScience',
  title: 'a question',
  selftext,
  created_utc: 1_764_000_000,
})

test('posts that are too large for the server go to DEAD, cut and marked, and hold up nothing', async () => {
  await using nats = await startTestNats({ more: `max_payload: ${MAX_PAYLOAD}` })
  const folder = await mkdtemp(join(tmpdir(), 'gravitas-small-'))
  const connection = await nats.connect()
  try {
    const jsm = await jetstreamManager(connection)
    await applyStreams(jsm)
    const file = join(folder, 'posts.ndjson')
    const posts = [post('a1', 'x'), post('a2', 'x'.repeat(40_000)), post('a3', 'x')]
    await writeFile(file, posts.map((each) => JSON.stringify(each)).join('\n'))
    const config = readIngestConfig({ NATS_URL: nats.url, DATA_DIR: folder }, ['--source', 'dump', file])
    await using service = await startIngest(config, createLogger('ingest', 'silent'))
    expect(await service.finished).toMatchObject({ posts: 2, broken: 1 })

    const logger = createLogger('ingest', 'silent')
    const health = new Health()
    await using outbox = new Outbox({ connection, jsm, process: 'ingest', dataDir: folder, health, logger })
    const sink = new PublishingSink(new PostsPublisher(new DurablePublisher(connection), outbox), 'reddit')
    await sink.store([post('b1', 'ä'.repeat(20_000)), post('b2', 'x')], Date.now())
    await outbox.flush()

    expect((await jsm.streams.info(POSTS)).state.messages).toBe(3)
    const letters = await Promise.all([1, 2].map((seq) => jsm.streams.getMessage(DEAD, { seq })))
    expect(letters.map((each) => each?.data.length)).toEqual([LARGEST, LARGEST])
    expect(letters.map((each) => each?.header.get('Gravitas-Truncated'))).toEqual(
      [/^40\d\d\d bytes/, /^40\d\d\d bytes/].map((text) => expect.stringMatching(text) as string),
    )
    expect(letters[0]?.header.get('Gravitas-Reason')).toBe(`longer than ${LARGEST} bytes`)
  } finally {
    await connection.close()
    await rm(folder, { recursive: true })
  }
})
