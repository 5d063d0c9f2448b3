import { describe, expect, test } from 'vitest'
import { random as seededRandom } from '../ml/random.ts'
import { checkSource, type CheckResult } from './check-source.ts'
import type { KeylessSource, RedditSource } from './config.ts'
import { SimulatedClock } from './testing/simulated-clock.ts'
import { MINUTE, REDDIT, SECOND, START_MS, steadily } from './testing/simulated-setting.ts'
import { StandInReddit, type Fault, type LoggedRequest } from './testing/stand-in-reddit.ts'
import { silentLogger, simulatedWorld } from './testing/test-source.ts'

const FEED: KeylessSource = {
  kind: 'rss',
  userAgent: 'x',
  pollIntervalMs: SECOND,
  check: true,
  url: 'http://rss.test',
  subreddits: new Set(['a1', 'b1']),
}
const LIST: RedditSource = { ...REDDIT, subreddits: new Set(['a1']) }

interface Checked extends CheckResult {
  readonly said: string[]
  readonly tookMs: number
  readonly reddit: StandInReddit
}

interface Options {
  readonly fault?: (request: LoggedRequest) => Fault | undefined
  readonly refused?: readonly string[]
}

async function check(source: RedditSource | KeylessSource, { fault, refused = [] }: Options = {}): Promise<Checked> {
  const clock = new SimulatedClock(START_MS)
  const reddit = new StandInReddit({ now: () => clock.trueMs, ...(fault === undefined ? {} : { fault }) })
  reddit.add(steadily('a1', SECOND, -MINUTE, 0))
  for (const name of refused) reddit.subreddits.set(name, { status: 403 })
  const said: string[] = []
  const world = simulatedWorld(clock, reddit, seededRandom(1))
  const checking = checkSource(source, silentLogger, world, (text) => void said.push(text))
  const result = await clock.passUntil(checking, 100)
  return { ...result, said, tookMs: clock.elapsedMs(), reddit }
}

const answer = (status: number, headers: Readonly<Record<string, string>> = {}): Fault => ({
  kind: 'answer',
  status,
  headers,
})

const isInfo = ({ path }: LoggedRequest): boolean => path === '/api/info'
/** Only the first request meets the fault. */
function once(fault: Fault): () => Fault | undefined {
  const faults = [fault]
  return () => faults.shift()
}

describe('--check', () => {
  test('tries a listing and /api/info, as the source itself would read them', async () => {
    const { works, text, said, reddit } = await check(REDDIT)
    expect(text).toBe('Reddit accepts the client an-id with its secret; all of Reddit can be followed by its ids.')
    expect([works, said]).toEqual([true, []])
    expect(reddit.log.map(({ path }) => path)).toEqual(['/api/v1/access_token', '/r/all/new', '/api/info'])
    expect(reddit.log[1]!.query).toBe('?limit=100&raw_json=1')
  })

  test('announces how long it waits and why', async () => {
    const { works, said, tookMs } = await check(LIST, { fault: once(answer(429, { 'retry-after': '20' })) })
    expect(works).toBe(true)
    expect(said).toEqual(['auth.test asks to wait 20 s (429 too many requests): waiting.'])
    expect(tookMs).toBeGreaterThanOrEqual(20 * SECOND)
  })

  test.each([
    ['429 too many requests', answer(429, { 'retry-after': '600' })],
    ['503', answer(503, { 'retry-after': '600' })],
    [
      'its limit is used up',
      {
        ...answer(200, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '600' }),
        body: '{"access_token":"x"}',
      } as Fault,
    ],
  ])('does not wait for ten minutes (%s)', async (why, fault) => {
    const { works, text, tookMs } = await check(LIST, { fault: once(fault) })
    expect(works).toBe(false)
    expect(text).toBe(`It does not work: auth.test asks to wait 600 s (${why}), and a check takes a minute at most.`)
    expect(tookMs).toBeLessThan(SECOND)
  })

  test('gives up after a minute of short waits', async () => {
    const { works, tookMs } = await check(LIST, { fault: () => answer(429, { 'retry-after': '25' }) })
    expect(works).toBe(false)
    expect(tookMs).toBeLessThanOrEqual(MINUTE + SECOND)
  })

  test('says that a server does not answer', async () => {
    const { works, text, said, tookMs } = await check(LIST, { fault: () => ({ kind: 'slow' }) })
    expect(said).toEqual(['auth.test does not answer: waiting.'])
    expect([works, text]).toEqual([false, 'It does not work: auth.test does not answer within 15 s.'])
    expect(tookMs).toBeLessThan(17 * SECOND)
  })

  test('says that an archive refuses', async () => {
    const { works, text } = await check({ ...FEED, kind: 'arctic-shift' }, { fault: () => answer(404) })
    expect([works, text]).toEqual([false, 'The archive refuses to search r/a1 (404).'])
  })

  test('says what does not work without /api/info', async () => {
    const fault = (request: LoggedRequest): Fault | undefined => (isInfo(request) ? answer(403) : undefined)
    const [all, list] = [await check(REDDIT, { fault }), await check(LIST, { fault })]
    expect(all).toMatchObject({ works: false, text: expect.stringContaining('but refuses /api/info (403).') as string })
    expect(list).toMatchObject({
      works: true,
      text: expect.stringContaining('Posts deleted on Reddit will not be noticed') as string,
    })
  })

  test('names the listing that replaces r/all, or says that there is none', async () => {
    const some = await check(REDDIT, { refused: ['all'] })
    expect(some).toMatchObject({ works: true })
    expect(some.text).toContain('Not readable: r/all (403 Forbidden); r/popular is.')
    const none = await check(REDDIT, { refused: ['all', 'popular', 'askreddit'] })
    expect(none).toMatchObject({ works: false })
    expect(none.text).toContain('but it cannot read anything: r/all (403 Forbidden), r/popular')
  })

  test('sends only one request for a feed that is refused', async () => {
    const { works, text, reddit, tookMs } = await check(FEED, { fault: () => answer(404) })
    expect([works, text]).toEqual([
      false,
      'The feed of a1, b1 is refused (404): one of them may not exist, or be private.',
    ])
    expect(reddit.log).toHaveLength(1)
    expect(tookMs).toBeLessThan(SECOND)
  })
})
