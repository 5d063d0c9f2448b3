import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { jetstreamManager } from '@nats-io/jetstream'
import Sqlite from 'better-sqlite3'
import { expect, test, vi } from 'vitest'
import { applyStreams } from '../schema/apply-streams.ts'
import { toMessage } from '../schema/events.ts'
import { toPostId } from '../schema/post-id.ts'
import { DurablePublisher } from '../schema/runtime/publish.ts'
import { SCORES } from '../schema/streams.ts'
import { postScored } from '../schema/testing/builders.ts'
import { startTestNats } from '../schema/testing/nats-server.ts'
import { consumerOf } from './testing/consumer-of.ts'
import { ProjectorRunner } from './testing/projector-runner.ts'
import { dumpRows } from './testing/replay.ts'

const BATCH = 1_000
const BATCHES = 12

function spawnProjector(url: string, dataDir: string): ChildProcess {
  return spawn(process.execPath, ['projections/main.ts', 'all-time'], {
    env: { ...process.env, NATS_URL: url, DATA_DIR: dataDir, LOG_LEVEL: 'silent' },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
}

async function kill(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL')
  await once(child, 'exit')
}

/** The rows of a read model, without its position in the log. */
function rowsOf({ dataDir }: ProjectorRunner): string {
  const database = new Sqlite(join(dataDir, 'all-time.db'), { readonly: true })
  try {
    return dumpRows(database, { without: ['meta', 'checkpoints'] })
  } finally {
    database.close()
  }
}

test('two hosts follow one log under load, one is killed, and both end with the rows of a replay', async () => {
  await using nats = await startTestNats()
  const connection = await nats.connect()
  await applyStreams(await jetstreamManager(connection))
  const publisher = new DurablePublisher(connection)
  const publish = (batch: number) =>
    publisher.publish(
      Array.from({ length: BATCH }, (_, index) =>
        toMessage(postScored({ post_id: toPostId(36 ** 4 + batch * BATCH + index), seriousness: index / BATCH })),
      ),
    )
  await using a = await ProjectorRunner.create(nats.url)
  await using b = await ProjectorRunner.create(nats.url)
  await using replay = await ProjectorRunner.create(nats.url)
  for (let batch = 0; batch < BATCHES / 2; batch++) await publish(batch)
  let killed = spawnProjector(nats.url, b.dataDir)
  await a.start('all-time')
  for (let batch = BATCHES / 2; batch < BATCHES; batch++) {
    await publish(batch)
    if (batch !== BATCHES / 2 + 2) continue
    await vi.waitFor(() => expect(b.checkpoint('all-time', SCORES)).toBeGreaterThan(0), { timeout: 20_000 })
    await kill(killed)
    killed = spawnProjector(nats.url, b.dataDir)
  }
  await replay.start('all-time')
  for (const host of [a, b, replay])
    await vi.waitFor(() => expect(host.checkpoint('all-time', SCORES)).toBe(BATCH * BATCHES), { timeout: 30_000 })
  await kill(killed)
  expect(rowsOf(a)).toBe(rowsOf(replay))
  expect(rowsOf(b)).toBe(rowsOf(replay))
  expect(a.lostEvents('all-time')).toEqual([])
  const names = [a, b, replay].map(({ dataDir }) => consumerOf(dataDir, 'all-time'))
  expect(new Set(names).size).toBe(3)
  await connection.close()
})

test('a second projector of one file ends at once with a sentence that names the first', async () => {
  await using nats = await startTestNats()
  const connection = await nats.connect()
  await applyStreams(await jetstreamManager(connection))
  await connection.close()
  await using host = await ProjectorRunner.create(nats.url)
  await host.start('all-time')
  const second = spawnProjector(nats.url, host.dataDir)
  const [[code]] = await Promise.all([once(second, 'exit'), once(second.stderr!, 'close')])
  expect(code).toBe(1)
  await expect(host.start('all-time')).rejects.toThrow(`Process ${process.pid} on `)
})
