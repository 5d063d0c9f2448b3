import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { encodeEvent, subjectOf } from '../schema/events.ts'
import { connectNats, secretFile } from '../schema/runtime/nats.ts'
import { applyStreams } from '../schema/apply-streams.ts'
import { POSTS } from '../schema/streams.ts'
import { postSubmitted } from '../schema/testing/builders.ts'
import { freePort } from '../schema/testing/nats-server.ts'
import { startSecuredNats } from '../scripts/testing/start-secured-nats.ts'
import { filesWith } from '../schema/testing/stored-bytes.ts'

const SECRET = 'xylophonequartz'

let nats: Awaited<ReturnType<typeof startSecuredNats>>
let dataDir: string
let url: string
let admin: NatsConnection

beforeAll(async () => {
  nats = await startSecuredNats()
  ;({ dataDir, url } = nats)
  admin = await connectNats({ url, user: 'admin', name: 'test', dataDir })
})

afterAll(async () => {
  await admin.close()
  await nats[Symbol.asyncDispose]()
})

beforeEach(async () => {
  const jsm = await jetstreamManager(admin)
  await applyStreams(jsm)
  await jsm.streams.purge(POSTS)
})

async function publishSecret(): Promise<number> {
  const event = encodeEvent(postSubmitted({ title: SECRET, selftext: SECRET }))
  return (await jetstream(admin).publish(subjectOf({ type: 'PostSubmitted', subreddit: 'AskScience' }), event)).seq
}

/** `npm run erase`, without npm. */
async function erase(args: string[], input = '', natsUrl = url) {
  const child = spawn(process.execPath, ['erasure/erase.ts', ...args], {
    env: { ...process.env, NATS_URL: natsUrl, DATA_DIR: dataDir },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  child.stdin.end(input)
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
  return { code: child.exitCode, stdout, stderr }
}

test('erases with the rights of the user eraser, and reports what was deleted in each stream', async () => {
  const sequence = await publishSecret()
  const dry = await erase(['t3_1ABCDE', '--dry-run'])
  expect(dry).toMatchObject({ code: 0, stdout: expect.stringContaining('would be erased') as string })
  expect(filesWith(join(dataDir, 'jetstream'), SECRET)).not.toEqual([])

  const { code, stdout } = await erase(['-', '--reason', 'asked for'], '\nT3_1abcde\n')

  expect(stdout).toContain(`1abcde: erased from r/AskScience (1 in POSTS: ${sequence}).`)
  expect(stdout).toContain('posts: no posts.db in DATA_DIR')
  expect(code).toBe(0)
  expect(filesWith(join(dataDir, 'jetstream'), SECRET)).toEqual([])
  const recorded = await (await jetstreamManager(admin)).streams.getMessage(POSTS, { seq: sequence + 1 })
  expect(recorded!.json()).toMatchObject({ type: 'PostErased', reason: 'asked for', post_sequences: [sequence] })
}, 60_000)

test('an unknown post gives exit code 1, also with --json; other posts are erased', async () => {
  await publishSecret()
  const { code, stdout } = await erase(['nowhere', '1abcde', '--json'])
  const outcomes = (JSON.parse(stdout) as { posts: { outcome: string }[] }).posts.map(({ outcome }) => outcome)
  expect(outcomes).toEqual(['unknown', 'erased'])
  expect(code).toBe(1)
}, 60_000)

test('--late erases a copy that arrived after the erasure of its post', async () => {
  expect(await erase(['--late'])).toMatchObject({ code: 0, stdout: expect.stringMatching(/^No post was/) as string })
  await publishSecret()
  await erase(['1abcde'])
  const event = encodeEvent(postSubmitted({ title: SECRET }))
  const { seq } = await jetstream(admin).publish(subjectOf({ type: 'PostSubmitted', subreddit: 'AskScience' }), event, {
    msgID: 'an archive',
  })
  const { code, stdout } = await erase(['--late', '--json'])
  expect(JSON.parse(stdout)).toMatchObject({ posts: [{ id: '1abcde', outcome: 'erased', posts: [seq] }] })
  expect(code).toBe(0)
  expect(filesWith(join(dataDir, 'jetstream'), SECRET)).toEqual([])
}, 60_000)

test('wrong arguments and a server that does not answer are explained', async () => {
  expect(await erase(['--force'])).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringMatching(/npm run erase -- --help/) as string,
  })
  const unreachable = `nats://127.0.0.1:${await freePort()}`
  expect(await erase(['1abcde'], '', unreachable)).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/Nothing answers/) as string,
  })
}, 60_000)

test('a server without the user eraser gives another error than wrong credentials', async () => {
  const [secret, aside] = [secretFile(dataDir, 'eraser'), join(dataDir, 'aside')]
  await rename(secret, aside)
  try {
    const { code, stderr } = await erase(['1abcde'])
    expect(stderr).toMatch(/run npm start once/)
    expect(code).toBe(1)
  } finally {
    await rename(aside, secret)
  }
}, 60_000)
