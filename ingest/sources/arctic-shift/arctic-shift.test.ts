import { describe, expect, test } from 'vitest'
import type { Fetch, HttpAnswer } from '../../http/fetch.ts'
import { FAULTS } from '../../testing/faults.ts'
import { HOUR, inOrder, MINUTE, SECOND, START_MS, steadily } from '../../testing/simulated-setting.ts'
import { SimulatedClock } from '../../testing/simulated-clock.ts'
import { createPost, type StandInPost } from '../../testing/stand-in-listing.ts'
import type { Fault } from '../../testing/stand-in-reddit.ts'
import { random as seededRandom } from '../../../ml/random.ts'
import { silentLogger, TestWorld } from '../../testing/test-source.ts'
import { createArcticShift } from './arctic-shift.ts'

/** How long after its creation the archive shows a post. */
const LAG_MS = 30 * SECOND

type Search = (posts: readonly StandInPost[], query: URLSearchParams, nowMs: number) => object[]

interface Options {
  readonly posts: readonly StandInPost[]
  readonly subreddits: readonly string[]
  readonly fault?: (atMs: number) => Fault | undefined
  /** How the archive answers a search. */
  readonly answers?: Search
}

function setUp({ posts, subreddits, fault, answers = search }: Options) {
  const clock = new SimulatedClock(START_MS)
  const requests: { atMs: number; url: URL }[] = []
  const fetch: Fetch = async ({ url }, signal) => {
    requests.push({ atMs: clock.trueMs, url: new URL(url) })
    await clock.sleep(50, signal)
    const broken = fault?.(clock.trueMs)
    if (broken === undefined) return json(200, { data: answers(posts, new URL(url).searchParams, clock.trueMs) })
    if (broken.kind === 'answer')
      return { status: broken.status, text: broken.body ?? '', headers: { get: () => null } }
    if (broken.kind === 'slow') await clock.sleep(HOUR, signal)
    throw new TypeError('fetch failed')
  }
  const outside = { clock, fetch, random: seededRandom(3) }
  const common = { userAgent: 'x', pollIntervalMs: SECOND, check: false, url: 'http://archive.test' }
  const create = () =>
    createArcticShift({ kind: 'arctic-shift', subreddits: new Set(subreddits), ...common }, silentLogger, outside)
  return { clock, requests, create, world: new TestWorld(clock) }
}

const json = (status: number, body: object): HttpAnswer => ({
  status,
  text: JSON.stringify(body),
  headers: { get: () => null },
})

function search(posts: readonly StandInPost[], query: URLSearchParams, nowMs: number): object[] {
  const after = Number(query.get('after')) * 1_000
  const found = posts
    .filter(({ subreddit, createdMs }) => subreddit === query.get('subreddit') && createdMs > after)
    .filter(({ createdMs, untilMs }) => createdMs + LAG_MS <= nowMs && untilMs > nowMs)
  const inOrderAsked = query.get('sort') === 'desc' ? found.toReversed() : found
  return inOrderAsked.slice(0, Number(query.get('limit'))).map(({ data }) => data)
}

const notStored = (stored: ReadonlySet<string>, posts: readonly StandInPost[]): string[] =>
  posts.map(({ id }) => id).filter((id) => !stored.has(id))

describe('arctic-shift', () => {
  test('begins a day back, reads new posts, and after a stop goes on where it was', async () => {
    const posts = inOrder(
      steadily('a1', 40 * SECOND, -30 * HOUR, 9 * HOUR),
      steadily('b1', HOUR, -30 * HOUR, 9 * HOUR, 7),
    )
    const { clock, requests, create, world } = setUp({ posts, subreddits: ['a1', 'b1'] })
    await world.run(create(), HOUR)
    await clock.pass(6 * HOUR)
    await world.run(create(), HOUR)
    const due = posts.filter(({ createdMs }) => createdMs > START_MS - 23 * HOUR && createdMs < clock.trueMs - MINUTE)
    expect(notStored(world.sink.stored, due)).toEqual([])
    const { searchParams, pathname } = requests[0]!.url
    expect(pathname).toBe('/api/posts/search')
    expect(Object.fromEntries(searchParams)).toMatchObject({ subreddit: 'a1', sort: 'asc', limit: '100' })
    const busiest = Math.max(
      ...requests.map(({ atMs }, index) => requests.slice(index).filter((other) => other.atMs < atMs + SECOND).length),
    )
    expect(busiest).toBeLessThanOrEqual(2)
  })

  test('reads on although there are more posts in a second than fit on a page', async () => {
    const crowd = steadily('a1', 1, -HOUR, -HOUR + 900)
    const later = steadily('a1', MINUTE, -HOUR + MINUTE, HOUR, 9_000)
    const { create, world } = setUp({ posts: [...crowd, ...later], subreddits: ['a1'] })
    await world.run(create(), HOUR)
    expect(notStored(world.sink.stored, later.slice(0, -1))).toEqual([])
  })

  test('the first start stores the last page of a quiet subreddit once, however old it is', async () => {
    const posts = inOrder(
      steadily('a1', HOUR, -3 * 8_760 * HOUR, -3 * 8_760 * HOUR + 150 * HOUR),
      steadily('b1', 10 * HOUR, -40 * 24 * HOUR, HOUR, 7_000),
    )
    const { clock, create, world } = setUp({ posts, subreddits: ['a1', 'b1'] })
    await world.run(create(), 10 * MINUTE)
    await clock.pass(HOUR)
    await world.run(create(), 10 * MINUTE)
    const [quiet, rare] = ['a1', 'b1'].map((name) => posts.filter(({ subreddit }) => subreddit === name))
    expect(notStored(world.sink.stored, quiet!)).toEqual(quiet!.slice(0, 50).map(({ id }) => id))
    expect(
      notStored(
        world.sink.stored,
        rare!.filter(({ createdMs }) => createdMs < clock.trueMs - MINUTE),
      ),
    ).toEqual([])
    expect(world.sink.storedTwice).toEqual([])
  })

  test('an archive whose newest posts carry times of years ago is followed from its end', async () => {
    const posts = steadily('a1', MINUTE, -3 * HOUR, 2 * HOUR)
    const agoS = (5 * 8_760 * HOUR) / SECOND
    const answers: Search = (from, query, nowMs) => {
      if (query.has('after')) query.set('after', String(Number(query.get('after')) + agoS))
      const found = search(from, query, nowMs) as { created_utc: number }[]
      return found.map((data) => Object.assign({}, data, { created_utc: data.created_utc - agoS }))
    }
    const { clock, create, world } = setUp({ posts, subreddits: ['a1'], answers })
    await world.run(create(), HOUR)
    await clock.pass(30 * MINUTE)
    await world.run(create(), 20 * MINUTE)
    const due = posts.filter(({ createdMs }) => createdMs > START_MS - HOUR && createdMs < clock.trueMs - MINUTE)
    expect(notStored(world.sink.stored, due)).toEqual([])
    expect(world.sink.storedTwice).toEqual([])
  })

  test('a first start that fails between its two searches stores each post once', async () => {
    const posts = steadily('a1', 3 * HOUR, -90 * HOUR, 0)
    let asked = 0
    const fault = (): Fault | undefined => (++asked > 1 && asked < 8 ? { kind: 'answer', status: 500 } : undefined)
    const { create, world } = setUp({ posts, subreddits: ['a1'], fault })
    await world.run(create(), HOUR)
    expect(notStored(world.sink.stored, posts)).toEqual([])
    expect(world.sink.storedTwice).toEqual([])
  })

  test.each<[string, (query: URLSearchParams) => void]>([
    ['its oldest posts', (query) => query.delete('after')],
    ['its newest posts', (query) => (query.delete('after'), query.set('sort', 'desc'))],
  ])('when the archive always returns %s of a subreddit, the others are still read', async (_, spoil) => {
    const posts = inOrder(
      steadily('a1', MINUTE, -90 * HOUR, HOUR),
      steadily('b1', 5 * MINUTE, -90 * HOUR, HOUR, 70_000),
    )
    const answers: Search = (from, query, nowMs) => {
      if (query.get('subreddit') === 'a1') spoil(query)
      return search(from, query, nowMs)
    }
    const { requests, create, world } = setUp({ posts, subreddits: ['a1', 'b1'], answers })
    await world.run(create(), HOUR)
    const due = posts.filter(({ subreddit, createdMs }) => subreddit === 'b1' && createdMs > START_MS - 23 * HOUR)
    expect(notStored(world.sink.stored, due).length).toBeLessThanOrEqual(1)
    expect(world.sink.storedTwice).toEqual([])
    const rounds = requests.filter(({ url }) => url.searchParams.get('subreddit') === 'b1').length
    expect(requests.length - rounds).toBeLessThan(5 * rounds)
  })

  test.each([
    ['only after the time', 100, 0],
    ['at the time and after it', 100, 0],
    ['at the time and after it', 150, 50],
  ])('when a search returns posts %s, %d posts in one second do not hide later ones', async (which, count, beyond) => {
    const burst = Array.from({ length: count }, (_, n) => createPost(50_000 + n, 'a1', START_MS - 2 * HOUR))
    const later = steadily('a1', 40 * SECOND, -HOUR, 2 * HOUR)
    const answers: Search = (posts, query, nowMs) => {
      if (which.includes('at the time') && query.has('after'))
        query.set('after', String(Number(query.get('after')) - 1))
      return search(posts, query, nowMs)
    }
    const { clock, create, world } = setUp({ posts: inOrder(burst, later), subreddits: ['a1'], answers })
    await world.run(create(), HOUR)
    const due = later.filter(({ createdMs }) => createdMs < clock.trueMs - MINUTE)
    expect(notStored(world.sink.stored, due)).toEqual([])
    expect(notStored(world.sink.stored, burst)).toHaveLength(beyond)
    expect(world.gaps.length > 0).toBe(true)
  })

  test('posts that the archive knows to be deleted are left out', async () => {
    const posts = steadily('a1', MINUTE, -HOUR, 0)
    posts[30] = { ...posts[30]!, data: { ...posts[30]!.data, _meta: { was_deleted_later: true } } }
    const { create, world } = setUp({ posts, subreddits: ['a1'] })
    await world.run(create(), 5 * MINUTE)
    expect(notStored(world.sink.stored, posts)).toEqual([posts[30].id])
  })

  test.each(FAULTS)('%s, now and then and for ten minutes: no post is lost', async (_, fault) => {
    const random = seededRandom(9)
    const posts = steadily('a1', 30 * SECOND, -2 * HOUR, HOUR)
    const inTrouble = (atMs: number): boolean => atMs > START_MS + 10 * MINUTE && atMs < START_MS + 20 * MINUTE
    const { create, world } = setUp({
      posts,
      subreddits: ['a1'],
      fault: (atMs) => (inTrouble(atMs) || random() < 0.1 ? fault : undefined),
    })
    await world.run(create(), 2 * HOUR)
    expect(notStored(world.sink.stored, posts)).toEqual([])
    expect(world.sink.storedTwice).toEqual([])
  })

  test('reports each hour with the number of its posts when it was read, despite stops and crashes', async () => {
    const posts = steadily('a1', 40 * SECOND, -30 * HOUR, 12 * HOUR)
    const { clock, create, world } = setUp({ posts, subreddits: ['a1', 'gone1'] })
    for (const [runMs, crash, downMs] of [
      [HOUR + 7 * SECOND, true, MINUTE],
      [30 * MINUTE, false, 3 * HOUR],
      [2 * SECOND, true, 0],
      [2 * HOUR, false, 0],
    ] as const) {
      await world.run(create(), runMs, async () => {
        await clock.pass(runMs)
        world.positions.lost = crash
      })
      world.positions.lost = false
      await clock.pass(downMs)
    }
    const last = new Map(world.reports.map((report) => [`${report.subreddit} ${report.hour_utc}`, report]))
    for (let hour = -23; hour < 6; hour++) {
      const report = last.get(`a1 ${(START_MS + hour * HOUR) / 1_000}`)
      expect(report).toMatchObject({ expected: null, seen: 90, coverage: 1 })
    }
  })
})
