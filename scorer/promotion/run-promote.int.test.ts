import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { AckPolicy, jetstream, jetstreamManager, type JetStreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startSecuredNats } from '../../scripts/testing/start-secured-nats.ts'
import { applyStreams } from '../../schema/apply-streams.ts'
import { encodeEvent, subjectOf, subjectPattern } from '../../schema/events.ts'
import { readShownModel, scorerConsumer } from '../../schema/scoring-models.ts'
import { MODELS, POSTS, SCORES } from '../../schema/streams.ts'
import { connectNats } from '../../schema/runtime/nats.ts'
import { postScored, postSubmitted } from '../../schema/testing/builders.ts'
import { freePort } from '../../schema/testing/nats-server.ts'
import { promoteModel } from './promote-model.ts'

let nats: Awaited<ReturnType<typeof startSecuredNats>>
let admin: NatsConnection
let jsm: JetStreamManager

beforeAll(async () => {
  nats = await startSecuredNats()
  admin = await connectNats({ url: nats.url, user: 'admin', name: 'test', dataDir: nats.dataDir })
  jsm = await jetstreamManager(admin)
})

afterAll(async () => {
  await admin.close()
  await nats[Symbol.asyncDispose]()
})

/** `npm run promote`, without npm. */
async function promote(args: string[], natsUrl = nats.url) {
  const child = spawn(process.execPath, ['scorer/promote.ts', ...args], {
    env: { ...process.env, NATS_URL: natsUrl, DATA_DIR: nats.dataDir },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
  return { code: child.exitCode, stdout, stderr }
}

const publish = (subject: string, event: Parameters<typeof encodeEvent>[0]) =>
  jetstream(admin).publish(subject, encodeEvent(event))
const messagesIn = async (stream: string): Promise<number> => (await jsm.streams.info(stream)).state.messages

test('without streams, or without a server, the error says what to do', async () => {
  const { code, stderr } = await promote(['serious-3'])
  expect([code, stderr]).toEqual([1, expect.stringMatching(/Stream POSTS does not exist.*npm start/)])
  const unreachable = await promote(['serious-3'], `nats://127.0.0.1:${await freePort()}`)
  expect(unreachable).toMatchObject({ code: 1, stderr: expect.stringMatching(/Nothing answers at/) as string })
  expect(await promote([])).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringMatching(/npm run promote -- --help/) as string,
  })
}, 60_000)

test('a scoring model with scores is shown, with the rights of its own user, and another one can be shown after it', async () => {
  await applyStreams(jsm)
  await publish(subjectPattern('ModelPromoted'), { type: 'ModelPromoted', model: 'serious-2' })
  for (const [id, models] of [
    ['1a', ['serious-2', 'serious-3']],
    ['1b', ['serious-2']],
  ] as const) {
    await publish(subjectOf({ type: 'PostSubmitted', subreddit: 'AskScience' }), postSubmitted({ id }))
    for (const model of models)
      await publish(subjectOf({ type: 'PostScored', model, subreddit: id }), postScored({ post_id: id, model }))
  }
  await jsm.consumers.add(POSTS, { durable_name: scorerConsumer('serious-3'), ack_policy: AckPolicy.Explicit })

  const list = await promote(['--list', '--json'])
  expect(JSON.parse(list.stdout)).toEqual({
    shown: 'serious-2',
    models: [
      { model: 'serious-2', scores: 2, behind: null, isScoring: false },
      { model: 'serious-3', scores: 1, behind: 2, isScoring: false },
    ],
  })
  expect((await promote(['serious-3', '--dry-run'])).stdout).toContain(
    'serious-3 would be shown, in place of serious-2',
  )
  expect(await messagesIn(MODELS)).toBe(1)

  const { code, stdout } = await promote(['serious-3'])
  expect(stdout).toContain('serious-3 is shown now, in place of serious-2. It has 1 score, serious-2 has 2.')
  expect(stdout).toContain('2 posts without a score of serious-3 so far')
  expect(code).toBe(0)
  expect(await readShownModel(jsm)).toBe('serious-3')

  const again = await promote(['serious-3'])
  expect(again).toMatchObject({ code: 0, stdout: expect.stringMatching(/serious-3 is shown already/) as string })
  expect(await messagesIn(MODELS)).toBe(2)
  // These promotions follow one another at once, and the stream's duplicate window must not drop the third.
  for (const model of ['serious-2', 'serious-3', 'serious-2']) {
    const { outcome } = JSON.parse((await promote([model, '--json'])).stdout) as { outcome: string }
    expect(outcome).toBe('promoted')
    expect(await readShownModel(jsm)).toBe(model)
  }
}, 60_000)

test('promoting the shown model again calls off a promotion that waits for the first score of its model', async () => {
  const before = await messagesIn(MODELS)
  await publish(subjectPattern('ModelPromoted'), { type: 'ModelPromoted', model: 'serious-9' })
  expect(await readShownModel(jsm)).toBe('serious-2')
  expect(await promoteModel(admin, 'serious-2', false)).toMatchObject({ outcome: 'promoted', replaced: undefined })
  expect(await promoteModel(admin, 'serious-2', false)).toMatchObject({ outcome: 'already shown' })
  expect(await messagesIn(MODELS)).toBe(before + 2)
})

test('a scoring model without scores is refused, and the models with scores are named', async () => {
  const before = await messagesIn(MODELS)
  const { code, stderr } = await promote(['serious-9'])
  expect([code, stderr]).toEqual([
    1,
    expect.stringMatching(/serious-9 has no scores.*Those that have some: serious-2, serious-3/),
  ])
  await jsm.streams.purge(SCORES)
  expect((await promote(['serious-9'])).stderr).toContain('No scoring model has any yet')
  expect((await promote(['--list'])).stdout).toBe('No scoring model has scores yet.\n')
  expect(await messagesIn(MODELS)).toBe(before)
}, 60_000)
