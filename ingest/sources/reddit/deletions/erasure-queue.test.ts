import { expect, test, vi } from 'vitest'
import { MINUTE, SECOND, START_MS } from '../../../testing/simulated-setting.ts'
import { SimulatedClock } from '../../../testing/simulated-clock.ts'
import type { silentLogger } from '../../../testing/test-source.ts'
import type { DeletedPost } from '../../live/post-log.ts'
import { ErasureQueue } from './erasure-queue.ts'

const never = new AbortController().signal
const post = (id: string): DeletedPost => ({ id, subreddit: 'a1', createdUtc: START_MS / 1_000 - 3_600 })

/** @param tookMs how long an erasure takes */
function setUp(tookMs: number) {
  const clock = new SimulatedClock(START_MS)
  const calls: { readonly atMs: number; readonly ids: string[]; readonly reason: string }[] = []
  const eraser = {
    erase: async (posts: readonly DeletedPost[], reason: string): Promise<void> => {
      calls.push({ atMs: clock.elapsedMs(), ids: posts.map(({ id }) => id), reason })
      await clock.sleep(tookMs, never)
    },
  }
  const info = vi.fn<(figures: object, message: string) => void>()
  const logger = { info } as unknown as typeof silentLogger
  const queue = new ErasureQueue({ clock, logger, eraser, nowMs: () => clock.trueMs, onErased: () => {} })
  const pass = async (ms: number): Promise<void> => {
    for (let at = 0; at < ms; at += 10 * SECOND) {
      queue.eraseIfDue(never)
      await clock.pass(10 * SECOND)
    }
  }
  return { queue, calls, pass, info }
}

test('collects posts for some minutes, erases them by reason, and logs how long it took', async () => {
  const { queue, calls, pass, info } = setUp(SECOND)
  const told: string[] = []
  queue.add(post('a'), 'one reason', () => told.push('a'))
  await pass(2 * MINUTE)
  queue.add(post('b'), 'one reason', () => told.push('b'))
  queue.add(post('c'), 'another', () => told.push('c'))
  queue.add(post('a'), 'one reason', () => told.push('a again'))
  await pass(4 * MINUTE)
  expect(calls.map(({ ids, reason }) => [ids, reason])).toEqual([
    [['a', 'b'], 'one reason'],
    [['c'], 'another'],
  ])
  expect(calls[0]!.atMs).toBe(5 * MINUTE)
  expect(told).toEqual(['a', 'a again', 'b', 'c'])
  expect(queue.size).toBe(0)
  const figures = { posts: 2, reason: 'one reason', toErasureS: { median: 301, most: 301 } }
  expect(info.mock.calls[0]![0]).toMatchObject({ ...figures, ageS: { most: 3_600 + 301 } })
})

test('after an erasure that took long, the next one waits long', async () => {
  const { queue, calls, pass } = setUp(MINUTE)
  queue.add(post('a'), 'one reason', () => {})
  await pass(7 * MINUTE)
  queue.add(post('b'), 'one reason', () => {})
  await pass(30 * MINUTE)
  expect(calls.map(({ atMs }) => atMs / MINUTE)).toEqual([5, 26])
})
