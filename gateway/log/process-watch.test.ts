import type { NatsConnection } from '@nats-io/transport-node'
import { expect, test } from 'vitest'
import type { Problem } from '../../schema/problems.ts'
import { heartbeat } from '../testing/sample.ts'
import { silent } from '../testing/test-gateway.ts'
import { ProcessWatch } from './process-watch.ts'

test('messages that have not the form of a heartbeat are left out, so that nothing that shows processes fails', () => {
  let hear: (error: null, message: { data: Uint8Array }) => void = () => {}
  const subscribe = (_: string, { callback }: { callback: typeof hear }) => (hear = callback)
  const watch = new ProcessWatch({ logger: silent })
  watch.follow({ subscribe } as unknown as NatsConnection)
  const since = '2026-11-20T13:00:00Z'
  const problem: Problem = { code: 'stream-full', severity: 'error', what: 'It is full.', since, remedy: 'Wait.' }
  const whole = heartbeat('eraser', { instance: 'whole', problems: [problem] })
  const wrong: object[] = [
    { ...whole, version: undefined },
    { ...whole, state: 'unknown' },
    { ...whole, startedAt: 'then' },
    { ...whole, problems: [{ ...problem, since: undefined }] },
    { ...whole, problems: [{ ...problem, remedy: 1 }] },
    { ...whole, problems: [null] },
  ]
  const send = (one: object): void => hear(null, { data: Buffer.from(JSON.stringify(one)) })
  wrong.forEach((bad, index) => send({ ...bad, instance: `wrong ${index}` }))
  send(whole)
  expect(watch.sample().map((process) => process.heartbeat.instance)).toEqual(['whole'])
})
