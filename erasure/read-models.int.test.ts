import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import Sqlite from 'better-sqlite3'
import { expect, test, vi } from 'vitest'
import { applyStreams } from '../schema/apply-streams.ts'
import { encodeEvent, subjectOf } from '../schema/events.ts'
import { SELECT_FILE_ID } from '../schema/read-model-file.ts'
import { projectorConsumer } from '../schema/read-models.ts'
import { connectNats } from '../schema/runtime/nats.ts'
import { POSTS } from '../schema/streams.ts'
import { postSubmitted } from '../schema/testing/builders.ts'
import { startSecuredNats, withoutImports } from '../scripts/testing/start-secured-nats.ts'
import { erasePosts, type RecordedErasures } from './erase-posts.ts'
import { awaitReadModels, IS_APPLIED } from './read-models.ts'

test('a projector that is killed between applying an erasure and acknowledging it has applied it', async () => {
  // The acknowledgements of the projector get nowhere, and it commits nevertheless.
  await using nats = await startSecuredNats(withoutImports('$JS.ACK.POSTS.>'))
  const { url, dataDir } = nats
  const admin = await connectNats({ url, user: 'admin', name: 'test', dataDir })
  const jsm = await jetstreamManager(admin)
  await applyStreams(jsm)
  const post = postSubmitted({ id: '1abcde' })
  await jetstream(admin).publish(subjectOf(post), encodeEvent(post))
  const projector = spawn(process.execPath, ['projections/main.ts', 'posts'], {
    env: { ...process.env, NATS_URL: url, DATA_DIR: dataDir, LOG_LEVEL: 'silent' },
    stdio: 'ignore',
  })
  const read = (sql: string): unknown[] => {
    const database = new Sqlite(join(dataDir, 'posts.db'), { readonly: true, fileMustExist: true })
    try {
      return database.prepare(sql).pluck().all()
    } finally {
      database.close()
    }
  }
  const rows = () => read('SELECT id FROM posts_view')
  await vi.waitFor(() => expect(rows()).toHaveLength(1), { timeout: 20_000 })

  let recorded: RecordedErasures | undefined
  const eraser = await connectNats({ url, user: 'eraser', name: 'test', dataDir })
  await erasePosts({
    connection: eraser,
    posts: [{ id: post.id }],
    reason: 'test',
    untilApplied: async (erasures) => {
      recorded = erasures
      await vi.waitFor(() => expect(rows()).toEqual([]), { timeout: 20_000, interval: 10 })
      projector.kill('SIGKILL')
      await once(projector, 'exit')
    },
  })

  const outcomes = await awaitReadModels(dataDir, recorded!, IS_APPLIED)
  expect(outcomes[0]).toMatchObject({ name: 'posts', checkpoint: recorded!.recordedAt })
  expect(['scrubbing', 'gone']).toContain(outcomes[0]!.state)
  const consumer = projectorConsumer('posts', String(read(SELECT_FILE_ID)[0]))
  expect((await jsm.consumers.info(POSTS, consumer)).ack_floor.stream_seq).toBeLessThan(recorded!.recordedAt)
  await eraser.close()
  await admin.close()
}, 60_000)
