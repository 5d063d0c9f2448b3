import type { JetStreamManager } from '@nats-io/jetstream'
import type { NatsConnection, Status } from '@nats-io/transport-node'
import { expect, test, vi } from 'vitest'
import { digestOf } from '../../schema/digest.ts'
import { LogMismatchError } from '../../schema/runtime/errors.ts'
import { createLogger } from '../../schema/runtime/logger.ts'
import { SCORES } from '../../schema/streams.ts'
import { Checkpoints } from '../file/checkpoint.ts'
import { LostEvents } from '../file/lost-events.ts'
import { projections } from '../testing/all-projections.ts'
import { TestReadModel } from '../testing/replay.ts'
import { ErasedSequences } from './erased-sequences.ts'
import type { Rereadings } from '../file/rereadings.ts'
import { LogGuard } from './log-guard.ts'

const DATA = Buffer.from('the event at the checkpoint')
const INFO = { created: 'then', state: { first_seq: 1, last_seq: 5, messages: 5 } }

/** A guard of SCORES whose connection and server are stood in for. */
function watch(model: TestReadModel) {
  const info = vi.fn<() => Promise<object>>(async () => INFO)
  const getMessage = vi.fn<() => Promise<object | null>>(async () => ({ data: DATA }))
  const jsm = { streams: { info, getMessage } } as unknown as JetStreamManager
  const status = new TransformStream<Status>()
  const writer = status.writable.getWriter()
  const connection = { status: () => status.readable } as unknown as NatsConnection
  const checkpoints = new Checkpoints(model.database)
  checkpoints.write(SCORES, { sequence: 5, streamCreated: 'then', digest: digestOf(DATA) })
  const lost = new LostEvents(model.database)
  const erased = new ErasedSequences(model.database, jsm, lost)
  vi.spyOn(erased, 'readNew').mockResolvedValue()
  const [onVerified, onMismatch] = [vi.fn<() => void>(), vi.fn<(error: LogMismatchError) => void>()]
  const guard = new LogGuard({
    rereadings: { isDone: () => true } as unknown as Rereadings,
    inputs: [{ stream: SCORES, filters: undefined }],
    connection,
    jsm,
    checkpoints,
    erased,
    lost,
    onVerified,
    onMismatch,
    logger: createLogger('test', 'silent'),
    auditIntervalMs: 60_000,
  })
  const says = (type: 'disconnect' | 'reconnect') => writer.write({ type, server: 'test' })
  return { guard, info, getMessage, onVerified, onMismatch, says }
}

test('a verification that fails for a passing reason is repeated until it succeeds, and nothing is applied before', async () => {
  using model = new TestReadModel(projections['all-time'])
  const { guard, info, onVerified, onMismatch, says } = watch(model)
  await guard.start()
  await says('disconnect')
  await vi.waitFor(() => expect(guard.isVerified).toBe(false))
  info.mockClear()
  info.mockRejectedValueOnce(new Error('timeout')).mockRejectedValueOnce(new Error('timeout'))
  await says('reconnect')
  await vi.waitFor(() => expect(info.mock.calls.length).toBeGreaterThan(0))
  expect(guard.isVerified).toBe(false)
  await vi.waitFor(() => expect(onVerified).toHaveBeenCalledOnce(), { timeout: 10_000 })
  expect(guard.isVerified).toBe(true)
  expect(onMismatch).not.toHaveBeenCalled()
  guard[Symbol.dispose]()
})

test('a log that went back to an older state stays unverified', async () => {
  using model = new TestReadModel(projections['all-time'])
  const { guard, info, onVerified, onMismatch, says } = watch(model)
  await guard.start()
  info.mockResolvedValue({ created: 'then', state: { first_seq: 1, last_seq: 4, messages: 4 } })
  await says('disconnect')
  await says('reconnect')
  await vi.waitFor(() => expect(onMismatch).toHaveBeenCalledWith(expect.any(LogMismatchError)))
  expect([guard.isVerified, onVerified.mock.calls.length]).toEqual([false, 0])
  guard[Symbol.dispose]()
})

test('a message at the checkpoint that was gone when the checkpoint was written must stay gone', async () => {
  using model = new TestReadModel(projections['all-time'])
  const { guard, getMessage } = watch(model)
  new Checkpoints(model.database).write(SCORES, { sequence: 5, streamCreated: 'then', digest: null })
  getMessage.mockResolvedValueOnce(null)
  await guard.verify(SCORES)
  await expect(guard.verify(SCORES)).rejects.toThrow(/holds another event at sequence 5/)
  guard[Symbol.dispose]()
})

test('a copy of the stream that lacks events is not taken for the log while there is no leader', async () => {
  using model = new TestReadModel(projections['all-time'])
  const { guard, info, onMismatch } = watch(model)
  info.mockResolvedValue({ ...INFO, state: { first_seq: 1, last_seq: 4, messages: 4 }, cluster: { name: 'c' } })
  await expect(guard.verify(SCORES)).rejects.toThrow('Stream SCORES has no leader')
  expect(onMismatch).not.toHaveBeenCalled()
  guard[Symbol.dispose]()
})
