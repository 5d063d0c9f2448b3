import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Refresher } from './refresher.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function start(load: () => Promise<void> = async () => {}) {
  let away = false
  const loads = vi.fn<() => Promise<void>>(load)
  const refresher = new Refresher({ load: loads, intervalMs: 1_000, idleMs: 5_000, isAway: () => away })
  return { refresher, loads, setAway: (value: boolean) => (away = value) }
}

test('many requests share one load, and two loads are never closer together than the interval', async () => {
  const { refresher, loads } = start()
  for (let at = 0; at < 3_000; at += 50) {
    refresher.request()
    await vi.advanceTimersByTimeAsync(50)
  }
  expect(loads.mock.calls.length).toBeGreaterThanOrEqual(3)
  expect(loads.mock.calls.length).toBeLessThanOrEqual(4)
})

test('a request during a load causes another load', async () => {
  const waiting: (() => void)[] = []
  const { refresher, loads } = start(() => new Promise((resolve) => waiting.push(resolve)))
  refresher.request()
  await vi.advanceTimersByTimeAsync(300)
  refresher.request()
  await vi.advanceTimersByTimeAsync(3_000)
  expect(loads).toHaveBeenCalledTimes(1)
  waiting[0]!()
  await vi.advanceTimersByTimeAsync(300)
  expect(loads).toHaveBeenCalledTimes(2)
})

test('it loads again after a failure, and never after it is stopped', async () => {
  const { refresher, loads } = start(() => Promise.reject(new Error('no server')))
  refresher.request()
  await vi.advanceTimersByTimeAsync(5_500)
  expect(loads).toHaveBeenCalledTimes(2)
  refresher.stop()
  await vi.advanceTimersByTimeAsync(60_000)
  expect(loads).toHaveBeenCalledTimes(2)
})

test('nothing is loaded while the page is hidden', async () => {
  const { refresher, loads, setAway } = start()
  setAway(true)
  refresher.request()
  await vi.advanceTimersByTimeAsync(20_000)
  expect(loads).not.toHaveBeenCalled()
  setAway(false)
  refresher.request()
  await vi.advanceTimersByTimeAsync(1_000)
  expect(loads).toHaveBeenCalledTimes(1)
})
