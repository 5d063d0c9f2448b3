import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Problem } from '../../schema/problems.ts'
import { fuzz } from '../../schema/testing/fuzz.ts'
import { hostileJson, mutatedBytes, mutatedJson } from '../../schema/testing/mutations.ts'
import { heartbeat, healthySample } from '../testing/sample.ts'
import { silent } from '../testing/test-gateway.ts'
import { findProblems } from './find-problems.ts'
import { ProcessWatch } from './process-watch.ts'

const SINCE = '2026-11-20T13:00:00Z'
const PROBLEM: Problem = { code: 'stream-full', severity: 'error', what: 'It is full.', since: SINCE, remedy: 'Wait.' }
const WHOLE = heartbeat('eraser', { instance: 'whole', problems: [PROBLEM] })
const toBytes = (one: unknown): Buffer => Buffer.from(JSON.stringify(one))

test('messages that have not the form of a heartbeat are left out, so that nothing that shows processes fails', () => {
  const watch = new ProcessWatch({ logger: silent })
  const wrong: unknown[] = [
    null,
    { ...WHOLE, version: undefined },
    { ...WHOLE, state: 'unknown' },
    { ...WHOLE, state: 'constructor' },
    { ...WHOLE, startedAt: 'then' },
    { ...WHOLE, lag: 'long' },
    { ...WHOLE, lastError: { message: 'x'.repeat(10_000), at: SINCE } },
    { ...WHOLE, problems: Array.from({ length: 1_000 }, () => PROBLEM) },
    { ...WHOLE, problems: [{ ...PROBLEM, since: undefined }] },
    { ...WHOLE, problems: [{ ...PROBLEM, remedy: 1 }] },
    { ...WHOLE, problems: [null] },
  ]
  wrong.forEach((bad, index) => watch.read('heartbeats.eraser', toBytes(bad && { ...bad, instance: `wrong ${index}` })))
  watch.read('heartbeats.eraser', toBytes(WHOLE))
  expect(watch.sample().map((process) => process.heartbeat.instance)).toEqual(['whole'])
})

test('a NATS user can send the heartbeats of its own processes only', () => {
  const watch = new ProcessWatch({ logger: silent })
  watch.read('heartbeats.ingest', toBytes(heartbeat('projector hourly')))
  watch.read('heartbeats.ingest', toBytes(heartbeat('ingestion')))
  watch.read('heartbeats.ingest', toBytes(heartbeat('ingest reddit')))
  expect(watch.sample().map((process) => process.heartbeat.name)).toEqual(['ingest reddit'])
})

test('any message leaves a sample of processes that everything can show', () =>
  fuzz(anyMessage(), (data) => {
    const watch = new ProcessWatch({ logger: silent })
    watch.read('heartbeats.eraser', data)
    expect(findProblems(healthySample({ processes: watch.sample() }))).toBeInstanceOf(Array)
  }))

function anyMessage(): fc.Arbitrary<Uint8Array> {
  return fc.oneof(fc.oneof(mutatedJson(WHOLE), hostileJson).map(toBytes), mutatedBytes(toBytes(WHOLE)))
}
