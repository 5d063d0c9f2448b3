import { expect, test } from 'vitest'
import { LagTrend, type Trend } from './lag-trend.ts'

/** Adds a point twice a second. @param lagAt the lag, and how much is applied, after so many seconds */
function follow(seconds: number, at: (seconds: number) => { lag: number; applied: number }): Trend {
  const trend = new LagTrend()
  let last: Trend = { isCatchingUp: false, etaSeconds: undefined }
  for (let second = 0; second <= seconds; second += 0.5) last = trend.add({ atMs: second * 1_000, ...at(second) })
  return last
}

test('a lag that falls shows when it will be gone', () => {
  const trend = follow(20, (second) => ({ lag: 10_000 - second * 100, applied: second * 100 }))
  expect(trend).toEqual({ isCatchingUp: true, etaSeconds: 80 })
})

test('a read model that applies nothing is not catching up, however small its lag is', () => {
  expect(follow(20, () => ({ lag: 1, applied: 7 }))).toEqual({ isCatchingUp: false, etaSeconds: undefined })
})

test('a read model at full speed is catching up even while more flows in than it applies', () => {
  const trend = follow(20, (second) => ({ lag: second * 5_000, applied: second * 15_000 }))
  expect(trend.isCatchingUp).toBe(true)
})

test('a slow read model whose lag grows is not catching up', () => {
  const trend = follow(60, (second) => ({ lag: second * 99, applied: second }))
  expect(trend).toEqual({ isCatchingUp: false, etaSeconds: undefined })
})

test('a read model that begins again is not compared with its former file', () => {
  const trend = new LagTrend()
  for (let atMs = 0; atMs < 20_000; atMs += 500) trend.add({ atMs, lag: 2, applied: 40_000 })
  expect(trend.add({ atMs: 20_000, lag: 39_000, applied: 1_002 }).isCatchingUp).toBe(true)
})

test('nothing is known at first', () => {
  expect(follow(3, () => ({ lag: 1, applied: 7 })).isCatchingUp).toBe(true)
})
