import type { NatsConnection } from '@nats-io/transport-node'
import { expect, test } from 'vitest'
import { findServerProblem, isNewEnough, maxMessageBytes, parseVersion } from './check-server.ts'

test.each([
  ['nats-server: v2.15.1', true],
  ['2.12.1', true],
  ['2.13.0-RC.2', true],
  ['nats-server: v2.12.0', false],
  ['nats-server: v2.9.10', false],
  ['nats-server: v3.0.0', true],
  ['something else', false],
])('%s is new enough: %s', (text, expected) => {
  expect(isNewEnough(parseVersion(text))).toBe(expected)
})

const info = (version: string, maxPayload: number): NatsConnection['info'] =>
  ({ server_name: 'far-1', version, max_payload: maxPayload }) as NatsConnection['info']

test('a server that is too old or takes too small messages is refused, with what to do', () => {
  expect(findServerProblem(info('2.10.27', 2 ** 20))).toMatch(/far-1 has version 2\.10\.27.*needs 2\.12\.1.*Update/)
  expect(findServerProblem(info('2.15.1', 4_096))).toMatch(/far-1 takes.*at most 4096 bytes.*max_payload/)
  expect(findServerProblem(info('2.15.1', 65_536))).toBeUndefined()
  expect(findServerProblem(info('dev', 2 ** 20))).toBeUndefined()
})

test('the largest message leaves room for headers, and is the same on every server with the default or more', () => {
  const largest = (maxPayload: number): number =>
    maxMessageBytes({ info: info('2.15.1', maxPayload) } as NatsConnection)
  expect([65_536, 2 ** 20, 2 ** 26].map(largest)).toEqual([61_440, 900_000, 900_000])
})
