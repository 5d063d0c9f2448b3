import type { StreamState } from '@nats-io/jetstream'
import { expect, test } from 'vitest'
import { storedAtMs } from './consumers.ts'

const at = (seconds: number): string => new Date(seconds * 1_000).toISOString()
const stateOf = (first_seq: number, last_seq: number): StreamState =>
  ({ first_seq, last_seq, first_ts: at(100), last_ts: at(200) }) as StreamState

test('the time of the first and the last message is exact, and others are taken to have come evenly', () => {
  const times = [0, 1, 6, 11, 12].map((sequence) => storedAtMs(stateOf(1, 11), sequence) / 1_000)
  expect(times).toEqual([100, 100, 150, 200, 200])
  expect(storedAtMs(stateOf(7, 7), 7)).toBe(200_000)
})
