import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AckPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream'
import { expect, test, vi } from 'vitest'
import { applyStreams } from '../../schema/apply-streams.ts'
import { encodeEvent, subjectPattern } from '../../schema/events.ts'
import { scorerConsumer } from '../../schema/scoring-models.ts'
import { POSTS } from '../../schema/streams.ts'
import { freePort, startTestNats } from '../../schema/testing/nats-server.ts'
import { printStatus } from './print.ts'
import { readProblems } from './problems.ts'
import { readStatus } from './read-status.ts'

test('the status shows the promoted scoring model and those in use, and that the gateway does not answer', async () => {
  await using nats = await startTestNats()
  const folder = await mkdtemp(join(tmpdir(), 'gravitas-status-'))
  const connection = await nats.connect()
  const jsm = await jetstreamManager(connection)
  await applyStreams(jsm)
  await writeFile(join(folder, 'model.json'), '{"name":"serious-3"}')
  const promote = (model: string) =>
    jetstream(connection).publish(subjectPattern('ModelPromoted'), encodeEvent({ type: 'ModelPromoted', model }))
  const name = scorerConsumer('serious-3')
  await jsm.consumers.add(POSTS, { durable_name: name, ack_policy: AckPolicy.Explicit })
  const pull = await (await jetstream(connection).consumers.get(POSTS, name)).fetch({ max_messages: 1 })
  // Reading the iterator sends the pull request, as a scorer does.
  void Array.fromAsync(pull)
  await vi.waitFor(async () => expect((await jsm.consumers.info(POSTS, name)).num_waiting).toBe(1))

  await promote('serious-2')
  const config = {
    natsUrl: nats.url,
    dataDir: folder,
    logLevel: 'silent',
    modelDir: folder,
    host: '127.0.0.1',
    port: 4_000,
  } as const
  const status = await readStatus(config, await readProblems({ host: '127.0.0.1', port: await freePort() }))
  expect(status.model).toEqual({
    shown: 'serious-2',
    manifest: 'serious-3',
    scoring: ['serious-3'],
  })
  expect(printStatus(status)).toContain(`serious-2 (MODEL_DIR holds serious-3)`)
  expect(status.problems).toMatchObject([{ code: 'gateway-missing', severity: 'error' }])
  expect(printStatus(status)).toMatch(
    /^1 problem\nerror: The gateway does not answer at http:.*\n +Start it with npm start/,
  )
  await pull.close()
  await connection.close()
  await rm(folder, { recursive: true })
})
