import { describe, expect, test } from 'vitest'
import { SimulatedClock } from '../testing/simulated-clock.ts'
import { silentLogger } from '../testing/test-source.ts'
import { RefusedError, TransientError, UnavailableError } from './errors.ts'
import type { Fetch, HttpAnswer } from './fetch.ts'
import { retryAfterMs } from './headers.ts'
import { HttpClient } from './http-client.ts'
import { throwOnFailure } from './throw-on-failure.ts'
import { RateLimiter } from './rate-limiter.ts'

const never = new AbortController().signal
const answerOf = (status: number, text = '{}', headers: Record<string, string> = {}): HttpAnswer => ({
  status,
  text,
  headers: { get: (name) => headers[name] ?? null },
})

function setUp(answers: (HttpAnswer | Error)[]) {
  const clock = new SimulatedClock(Date.UTC(2026, 0, 1))
  const limiter = new RateLimiter(clock, { perMinute: 60 })
  const sentMs: number[] = []
  const fetch = async (): Promise<HttpAnswer> => {
    sentMs.push(clock.elapsedMs())
    const next = answers.length > 1 ? answers.shift()! : answers[0]!
    if (next instanceof Error) throw next
    return next
  }
  const http = new HttpClient({ clock, limiter, fetch, userAgent: 'test', logger: silentLogger, random: () => 1 })
  const parse = (answer: HttpAnswer): string => {
    throwOnFailure(answer)
    return answer.text
  }
  const ask = (): Promise<string> =>
    clock.passUntil(http.request({ what: 'test', build: () => ({ url: 'http://x.test' }), parse }, never))
  return { clock, limiter, http, ask, sentMs, parse }
}

describe('HttpClient', () => {
  test('doubles its wait after each failure', async () => {
    const set = setUp([answerOf(500), new TypeError('cut'), answerOf(200, 'there')])
    expect(await set.ask()).toBe('there')
    expect(set.sentMs.map((ms, index) => ms - (set.sentMs[index - 1] ?? 0))).toEqual([0, 1_000, 2_000])
  })

  test('gives up after three attempts; the waits of the next requests grow further, up to five minutes', async () => {
    const set = setUp([answerOf(500, '')])
    await expect(set.ask()).rejects.toThrow(UnavailableError)
    expect(set.sentMs).toHaveLength(3)
    for (let asked = 1; asked < 4; asked++) await expect(set.ask()).rejects.toThrow(UnavailableError)
    const waits = set.sentMs.slice(1).map((ms, index) => (ms - set.sentMs[index]!) / 1_000)
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300])
  })

  test('after a 429 all requests wait as long as retry-after says', async () => {
    const set = setUp([answerOf(429, '', { 'retry-after': '120' }), answerOf(200)])
    const asked = Promise.all([set.ask(), set.ask()])
    await set.clock.passUntil(asked)
    expect(set.sentMs.filter((ms) => ms > 1_000).every((ms) => ms >= 120_000)).toBe(true)
  })

  test.each([
    ['respects', true],
    ['ignores', false],
  ])('an answer that takes more than 15 seconds is given up, with a fetch that %s its signal', async (_, respects) => {
    const clock = new SimulatedClock(0)
    const limiter = new RateLimiter(clock, { perMinute: 60 })
    const fetch: Fetch = (_request, signal) =>
      new Promise((_resolve, reject) => {
        if (respects) signal.addEventListener('abort', () => reject(new Error('aborted')))
      })
    const http = new HttpClient({ clock, limiter, fetch, userAgent: 'x', logger: silentLogger, maxAttempts: 1 })
    const asked = http.request({ what: 'test', build: () => ({ url: 'http://x.test' }), parse: () => 1 }, never)
    await expect(clock.passUntil(asked)).rejects.toThrow('no answer within 15 s')
    expect(clock.elapsedMs()).toBe(15_000)
  })

  test('rejects at once when its signal is aborted during a wait', async () => {
    const set = setUp([answerOf(500)])
    const stop = new AbortController()
    const exchange = { what: 'test', build: () => ({ url: 'http://x.test' }), parse: set.parse }
    const asked = set.http.request(exchange, stop.signal)
    await set.clock.pass(500)
    stop.abort(new Error('stopped'))
    await expect(asked).rejects.toThrow('stopped')
  })

  test('a refused request is sent once more, and rejects only when it is refused again', async () => {
    const refusedOnce = setUp([answerOf(403), answerOf(200, 'there')])
    const exchange = { what: 'test', build: () => ({ url: 'http://x.test' }), parse: refusedOnce.parse }
    expect(await refusedOnce.clock.passUntil(refusedOnce.http.requestTwiceIfRefused(exchange, never))).toBe('there')
    const refusedTwice = setUp([answerOf(404)])
    const asked = refusedTwice.clock.passUntil(refusedTwice.http.requestTwiceIfRefused(exchange, never))
    await expect(asked).rejects.toThrow(RefusedError)
    expect(refusedTwice.sentMs).toHaveLength(2)
  })

  test('takes the time from the server’s date header', async () => {
    const set = setUp([answerOf(200, '', { date: 'Fri, 02 Jan 2026 00:00:00 GMT' })])
    expect(set.http.serverMs).toBe(Date.UTC(2026, 0, 1))
    await set.ask()
    expect(set.http.serverMs).toBe(Date.UTC(2026, 0, 2))
  })
})

describe('throwOnFailure', () => {
  test.each([
    [403, '{"reason":"private"}', RefusedError, '403 private'],
    [451, '', RefusedError, '451 '],
    [500, '<html>', TransientError, '500'],
    [418, '', TransientError, '418'],
    [301, '', TransientError, 'a redirect without a target'],
  ])('%d %j', (status, text, kind, message) => {
    const check = (): void => throwOnFailure(answerOf(status, text))
    expect(check).toThrow(kind)
    expect(check).toThrow(message)
  })

  test('keeps only the path of a redirect, so that no token goes to another host', () => {
    const check = (): void => throwOnFailure(answerOf(302, '', { location: 'https://evil.test/r/x1/new?limit=1' }))
    expect(check).toThrow('redirected to /r/x1/new?limit=1')
  })
})

test.each([
  [{ 'retry-after': '5' }, 5_000],
  [{ 'retry-after': 'Fri, 02 Jan 2026 00:01:00 GMT', date: 'Fri, 02 Jan 2026 00:00:00 GMT' }, 60_000],
  [{ 'retry-after': 'Fri, 02 Jan 2026 00:01:00 GMT' }, undefined],
  [{ 'retry-after': 'soon' }, undefined],
  [{ 'retry-after': '-5' }, undefined],
  [{}, undefined],
])('retry-after of %j', (headers, expected) => {
  expect(retryAfterMs(answerOf(429, '', headers).headers)).toBe(expected)
})
