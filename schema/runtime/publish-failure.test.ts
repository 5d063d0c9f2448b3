import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { JetStreamApiError } from '@nats-io/jetstream'
import { TimeoutError, type NatsConnection } from '@nats-io/transport-node'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { explainFailure, type FailedPublish } from './publish-failure.ts'

let dataDir: string

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'gravitas-failure-'))
})

afterEach(async () => {
  await rm(dataDir, { recursive: true })
})

const connectionThat = (answers: boolean): NatsConnection =>
  ({
    request: async () => {
      if (!answers) throw new TimeoutError()
    },
  }) as unknown as NatsConnection

const failure = (more: Partial<FailedPublish>): FailedPublish => ({
  connection: connectionThat(true),
  stream: 'POSTS',
  error: new TimeoutError(),
  attempts: 1,
  dataDir: undefined,
  ...more,
})
const apiError = (code: number, description: string): JetStreamApiError =>
  new JetStreamApiError({ code: 503, err_code: code, description })

test('each limit of the server is recognised by its error code', async () => {
  const explain = async (code: number, description: string) =>
    (await explainFailure(failure({ error: apiError(code, description) })))?.what
  expect(await explain(10_077, 'maximum bytes exceeded')).toMatch(/Stream POSTS has reached its limit/)
  expect(await explain(10_023, 'insufficient resources')).toMatch(/server has reached its storage limit/)
  expect(await explain(10_002, 'resource limits exceeded for account')).toMatch(/account has reached its storage limit/)
  // 10077 stands for every failure to store.
  expect(await explain(10_077, 'write error')).toBeUndefined()
})

test('a publish without an answer is a full disk if the log is on a disk without room', async () => {
  const explain = (free: number) => explainFailure(failure({ dataDir, readFreeBytes: async () => free }))
  expect(await explain(0)).toBeUndefined()
  await mkdir(join(dataDir, 'jetstream'))
  expect(await explain(100 * 2 ** 20)).toBeUndefined()
  expect(await explain(3 * 2 ** 20)).toMatchObject({
    code: 'disk-full',
    what: `The disk of DATA_DIR (${dataDir}) is full (3 MB free), so events cannot be stored.`,
  })
})

test('a server that answers but stores nothing is reported after several attempts', async () => {
  expect(await explainFailure(failure({ attempts: 2 }))).toBeUndefined()
  expect(await explainFailure(failure({ attempts: 3 }))).toMatchObject({ code: 'log-not-writable', subject: 'POSTS' })
  expect(await explainFailure(failure({ attempts: 9, connection: connectionThat(false) }))).toBeUndefined()
})
