import fc from 'fast-check'
import { expect, test } from 'vitest'
import { shownSeed } from '../../schema/testing/seed.ts'
import { SimulatedClock } from '../testing/simulated-clock.ts'
import { RateLimiter } from './rate-limiter.ts'

const never = new AbortController().signal
const START_MS = Date.UTC(2026, 0, 1)

async function sendTimes(clock: SimulatedClock, limiter: RateLimiter, count: number): Promise<number[]> {
  const times: number[] = []
  for (let sent = 0; sent < count; sent++) {
    await clock.passUntil(limiter.turn(never), 50)
    times.push(clock.elapsedMs())
  }
  return times
}

const headersOf = (headers: Record<string, string>) => ({ get: (name: string) => headers[name] ?? null })

test('spreads requests evenly', async () => {
  const clock = new SimulatedClock(START_MS)
  const times = await sendTimes(clock, new RateLimiter(clock, { perMinute: 60 }), 4)
  expect(times).toEqual([0, 1_000, 2_000, 3_000])
})

test('spare requests get the turns that no urgent request needs, and every other turn when all are needed', async () => {
  const clock = new SimulatedClock(START_MS)
  const limiter = new RateLimiter(clock, { perMinute: 60 })
  const sent: string[] = []
  const keepAsking = async (urgency: 'urgent' | 'spare', pauseMs: number, signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      await limiter.turn(signal, urgency)
      sent.push(`${urgency} ${clock.elapsedMs() / 1_000}`)
      await clock.sleep(pauseMs, signal)
    }
  }
  const stop = new AbortController()
  const busy = ['urgent', 'urgent', 'spare'].map((urgency) => keepAsking(urgency as 'urgent', 0, stop.signal))
  await clock.pass(5_500)
  expect(sent).toEqual(['urgent 0', 'spare 1', 'urgent 2', 'spare 3', 'urgent 4', 'spare 5'])
  stop.abort()
  await Promise.allSettled(busy)
  sent.length = 0
  const calm = new AbortController()
  const rare = [keepAsking('urgent', 4_500, calm.signal), keepAsking('spare', 0, calm.signal)]
  await clock.pass(6_000)
  expect(sent.filter((text) => text.startsWith('spare'))).toHaveLength(4)
  calm.abort()
  await Promise.allSettled(rare)
})

test('spreads the remaining requests over the rest of the server’s window, then returns to its own pace', async () => {
  const clock = new SimulatedClock(START_MS)
  const limiter = new RateLimiter(clock, { perMinute: 60 })
  limiter.adaptTo(headersOf({ 'x-ratelimit-remaining': '3.0', 'x-ratelimit-reset': '30' }))
  const times = await sendTimes(clock, limiter, 6)
  expect(times).toEqual([0, 10_000, 20_000, 30_000, 31_000, 32_000])
})

test('waits for the next window when nothing is left', async () => {
  const clock = new SimulatedClock(START_MS)
  const limiter = new RateLimiter(clock, { perMinute: 60 })
  limiter.adaptTo(headersOf({ 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '45' }))
  expect(await sendTimes(clock, limiter, 2)).toEqual([45_000, 46_000])
})

test('derives the remaining requests from the used ones, and understands a window’s end given as a time', async () => {
  const clock = new SimulatedClock(START_MS)
  const limiter = new RateLimiter(clock, { perMinute: 60, perWindow: 100 })
  const end = String(START_MS / 1_000 + 50)
  limiter.adaptTo(headersOf({ 'x-ratelimit-used': '98', 'x-ratelimit-reset': end }))
  expect(await sendTimes(clock, limiter, 3)).toEqual([0, 25_000, 50_000])
})

test('whatever the headers say, no minute has more requests than the limit', async () => {
  const saying = fc.record({ remaining: fc.integer({ min: -5, max: 2_000 }), reset: fc.integer({ min: -5, max: 700 }) })
  const check = async (sayings: { remaining: number; reset: number }[]): Promise<void> => {
    const clock = new SimulatedClock(START_MS)
    const limiter = new RateLimiter(clock, { perMinute: 95 })
    const times: number[] = []
    for (const { remaining, reset } of sayings) {
      await clock.passUntil(limiter.turn(never), 1_000)
      times.push(clock.elapsedMs())
      limiter.adaptTo(headersOf({ 'x-ratelimit-remaining': String(remaining), 'x-ratelimit-reset': String(reset) }))
    }
    const most = Math.max(...times.map((end) => times.filter((ms) => ms > end - 60_000 && ms <= end).length))
    expect(most).toBeLessThanOrEqual(100)
  }
  const property = fc.asyncProperty(fc.array(saying, { minLength: 1, maxLength: 250 }), check)
  await fc.assert(property, { seed: shownSeed(), numRuns: 20 })
})
