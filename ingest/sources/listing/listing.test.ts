import { describe, expect, test } from 'vitest'
import { FAULTS } from '../../testing/faults.ts'
import {
  FIRST_ID,
  HOUR,
  inOrder,
  MINUTE,
  missing,
  SECOND,
  setUp,
  START_MS,
  steadily,
  type Setting,
} from '../../testing/simulated-setting.ts'
import { createPost, type StandInPost } from '../../testing/stand-in-listing.ts'
import { random as seededRandom } from '../../../ml/random.ts'

const listings = ({ reddit }: Setting): string[] =>
  reddit.log.filter(({ path }) => path.startsWith('/r/')).map(({ path, query }) => path + query)

describe('listing', () => {
  test('reads the whole window first, then only new posts, with as few requests as possible', async () => {
    const set = setUp(['a1', 'b1', 'c1'])
    const posts = inOrder(
      steadily('A1', 30 * SECOND, -2 * HOUR, 10 * MINUTE),
      steadily('b1', 45 * SECOND, -2 * HOUR, 10 * MINUTE, FIRST_ID + 10_000),
    )
    set.reddit.add(posts)
    await set.world.run(set.create({ pollIntervalMs: 5 * SECOND }), 10 * MINUTE)
    expect(missing(set, posts.slice(0, -1))).toEqual([])
    expect(set.world.sink.storedTwice).toEqual([])
    const asked = listings(set)
    expect(asked[0]).toBe('/r/a1+b1+c1/new?limit=100&raw_json=1')
    // The window has 400 posts at the start: five pages, read again after five minutes. Besides, one request every five seconds.
    expect(asked.length).toBeLessThanOrEqual(2 * 5 + 120)
    expect(asked.length).toBeGreaterThan(110)
  })

  test('polls as often as the rate limit allows, and never more often', async () => {
    const set = setUp(['a1'])
    set.reddit.add(steadily('a1', SECOND, -MINUTE, 30 * MINUTE))
    await set.world.run(set.create({ pollIntervalMs: 100 }), 30 * MINUTE)
    expect(set.reddit.busiestMinute).toBeLessThanOrEqual(100)
    expect(set.reddit.busiestMinute).toBeGreaterThan(85)
    expect(set.reddit.log.every(({ status }) => status === 200)).toBe(true)
  })

  test('reads several pages back after a burst', async () => {
    const set = setUp(['a1'])
    const posts = [
      ...steadily('a1', MINUTE, -HOUR, MINUTE),
      ...steadily('a1', 10, MINUTE, MINUTE + 6_500, FIRST_ID + 999),
    ]
    set.reddit.add(posts)
    await set.world.run(set.create(), 3 * MINUTE)
    expect(missing(set, posts)).toEqual([])
    expect(set.world.sink.storedTwice).toEqual([])
  })

  test.each([
    ['the first reading', -3 * HOUR, 0],
    ['a reading after a stop', -20 * MINUTE, 40 * MINUTE],
  ])(
    'while %s goes on, the top is polled, so that posts that last only seconds are stored',
    async (_, fromMs, downMs) => {
      const set = setUp(['a1', 'b1'])
      const lasting = steadily('a1', 3 * SECOND, fromMs, 2 * HOUR)
      const fleeting = Array.from({ length: 6_000 }, (_, n) => {
        const createdMs = START_MS + n * 0.5 * SECOND
        return createPost(FIRST_ID * 2 + n, 'b1', createdMs, { untilMs: createdMs + 2.5 * SECOND })
      })
      set.reddit.add(inOrder(lasting, fleeting))
      await set.world.run(set.create(), 5 * SECOND)
      await set.clock.pass(downMs)
      const againMs = set.clock.trueMs
      await set.world.run(set.create(), 3 * MINUTE)
      const due = (posts: readonly StandInPost[]) =>
        posts.filter(({ createdMs }) => createdMs > againMs + SECOND && createdMs < set.clock.trueMs - 5 * SECOND)
      expect(due(fleeting).length).toBeGreaterThan(50)
      expect(missing(set, due(fleeting))).toEqual([])
      expect(missing(set, due(lasting))).toEqual([])
      expect(listings(set).filter((path) => path.includes('after=')).length).toBeGreaterThan(3)
      expect(set.world.gaps).toEqual([])
    },
  )

  test('a burst during a reading is stored completely, and nothing twice', async () => {
    const set = setUp(['a1'])
    const old = steadily('a1', 5 * SECOND, -2 * HOUR, 0)
    const burst = steadily('a1', 5, 2 * SECOND, 3 * SECOND, FIRST_ID + 10_000)
    const after = steadily('a1', SECOND, 4 * SECOND, MINUTE, FIRST_ID + 20_000)
    set.reddit.add([...old, ...burst, ...after])
    await set.world.run(set.create(), 2 * MINUTE)
    expect(missing(set, [...old.slice(-600), ...burst, ...after])).toEqual([])
    expect(set.world.sink.storedTwice).toEqual([])
  })

  test.each([403, 404, 451])(
    'a single subreddit that is refused twice by mistake (%d) is read again within seconds',
    async (status) => {
      let refused = 0
      const fault = ({ atMs, path }: { atMs: number; path: string }) =>
        atMs > START_MS + MINUTE && path.startsWith('/r/') && refused++ < 2
          ? ({ kind: 'answer', status } as const)
          : undefined
      const set = setUp(['a1'], { fault })
      const posts = Array.from({ length: 200 }, (_, n) => {
        const createdMs = START_MS + n * SECOND
        return createPost(FIRST_ID + n, 'a1', createdMs, { untilMs: createdMs + 15 * SECOND })
      })
      set.reddit.add(posts)
      await set.world.run(set.create(), 200 * SECOND)
      expect(refused).toBeGreaterThan(2)
      expect(missing(set, posts.slice(0, -3))).toEqual([])
    },
  )

  test('stores posts that are approved late, and pinned posts', async () => {
    const set = setUp(['a1'])
    const posts = steadily('a1', 10 * SECOND, -2 * HOUR, 20 * MINUTE)
    const late = createPost(1, 'a1', START_MS - HOUR, { fromMs: START_MS + 2 * MINUTE })
    const lateNearTop = createPost(2, 'a1', START_MS + MINUTE, { fromMs: START_MS + 2 * MINUTE })
    const sticky = createPost(3, 'a1', START_MS - HOUR, { sticky: true })
    set.reddit.add(inOrder(posts, [late, lateNearTop, sticky]))
    await set.world.run(set.create(), 20 * MINUTE)
    expect(missing(set, [...posts.slice(0, -1), late, lateNearTop, sticky])).toEqual([])
    expect(set.world.sink.storedTwice).toEqual([])
  })

  test('a page whose last post is deleted before the next page is read does not end the reading', async () => {
    const set = setUp(['a1'])
    const untilMs = START_MS + 900
    const posts = steadily('a1', MINUTE, -5 * HOUR, 0)
    posts[posts.length - 100] = { ...posts.at(-100)!, untilMs }
    set.reddit.add(posts)
    await set.world.run(set.create(), 5 * MINUTE)
    expect(missing(set, posts)).toEqual([])
  })

  test('unreadable subreddits are found among the others, skipped, and read again when they can be', async () => {
    const names = ['a1', 'private1', 'b1', 'gone1', 'banned1', 'c1']
    const set = setUp(names)
    set.reddit.subreddits.set('private1', { status: 403, reason: 'private' })
    set.reddit.subreddits.set('gone1', { status: 302 })
    set.reddit.subreddits.set('banned1', { status: 404, reason: 'banned' })
    const readable = inOrder(
      ...['a1', 'b1', 'c1'].map((name, n) => steadily(name, 20 * SECOND, -HOUR, HOUR, FIRST_ID * (n + 1))),
    )
    const shut = steadily('private1', 20 * SECOND, -HOUR, HOUR, FIRST_ID * 4)
    set.reddit.add(inOrder(readable, shut))
    await set.world.run(set.create(), HOUR, async () => {
      await set.clock.pass(MINUTE)
      expect(listings(set).at(-1)).toBe('/r/a1+b1+c1/new?limit=100&raw_json=1')
      set.reddit.subreddits.delete('private1')
      await set.clock.pass(59 * MINUTE)
    })
    expect(listings(set).some((path) => path.startsWith('/r/a1+b1+c1+private1/new'))).toBe(true)
    const settled = [...readable, ...shut].filter(({ createdMs }) => createdMs < START_MS + HOUR - 5 * SECOND)
    expect(missing(set, settled)).toEqual([])
    expect(set.world.sink.storedTwice).toEqual([])
  })

  test.each([0, 3 * MINUTE])(
    'when all subreddits are refused from %d ms on, the first one that can be read again brings the others back',
    async (fromMs) => {
      const names = Array.from({ length: 8 }, (_, n) => `sub${n}`)
      const [from, until] = [START_MS + fromMs, START_MS + 11 * MINUTE]
      const set = setUp(names, {
        fault: ({ atMs, path }) =>
          atMs >= from && atMs < until && path.startsWith('/r/') ? { kind: 'answer', status: 403 } : undefined,
      })
      const posts = inOrder(
        ...names.map((name, n) => steadily(name, 10 * SECOND, -2 * HOUR, 20 * MINUTE, FIRST_ID * (n + 1))),
      )
      set.reddit.add(posts)
      await set.world.run(set.create(), 20 * MINUTE, async () => {
        await set.clock.pass(11 * MINUTE)
        const { length } = set.reddit.log
        const answered = (): string[] =>
          set.reddit.log.slice(length).flatMap(({ status, path }) => (status === 200 ? [path] : []))
        while (answered().length === 0) await set.clock.pass(SECOND)
        await set.clock.pass(20 * SECOND)
        const read = new Set(answered().flatMap((path) => path.split('/')[2]!.split('+')))
        expect([...read].sort()).toEqual(names)
        await set.clock.pass(5 * MINUTE)
        const due = posts.filter(({ createdMs: ms }) => ms > START_MS && ms < set.clock.trueMs - 3 * SECOND)
        expect(missing(set, due)).toEqual([])
      })
      expect(set.world.sink.storedTwice).toEqual([])
    },
  )

  test('unreadable subreddits that Reddit silently leaves out are found, and read again when they can be', async () => {
    const set = setUp(['a1', 'quiet1', 'private1'], { leavesOut: true })
    set.reddit.subreddits.set('private1', { status: 403, reason: 'private' })
    const posts = inOrder(steadily('a1', MINUTE, -HOUR, HOUR), steadily('private1', MINUTE, -HOUR, HOUR, 5))
    set.reddit.add(posts)
    await set.world.run(set.create({ pollIntervalMs: 5 * SECOND }), HOUR, async () => {
      await set.clock.pass(MINUTE)
      expect(listings(set).at(-1)).toMatch(/^\/r\/a1\+quiet1\/new/)
      expect(listings(set).filter((path) => path.startsWith('/r/quiet1/'))).toHaveLength(1)
      set.reddit.subreddits.delete('private1')
      await set.clock.pass(59 * MINUTE)
    })
    expect(missing(set, posts.slice(0, -2))).toEqual([])
  })

  test('a listing whose posts carry times of years ago is followed like any other', async () => {
    const set = setUp(['a1', 'b1'])
    const old = inOrder(steadily('a1', MINUTE, -HOUR, 9 * HOUR), steadily('b1', 10 * SECOND, -HOUR, 9 * HOUR, 5))
    for (const { data } of old) Object.assign(data, { created_utc: Number(data['created_utc']) - 200_000_000 })
    set.reddit.add(old)
    await set.world.run(set.create({ pollIntervalMs: 5 * SECOND }), HOUR)
    await set.clock.pass(7 * HOUR)
    await set.world.run(set.create({ pollIntervalMs: 5 * SECOND }), 10 * MINUTE)
    const due = old.filter(({ createdMs }) => createdMs < set.clock.trueMs - 30 * SECOND)
    expect(
      missing(
        set,
        due.filter(({ subreddit }) => subreddit === 'a1'),
      ),
    ).toEqual([])
    expect(set.world.gaps.map((gap) => gap.of)).toEqual(['b1'])
  })

  test('hundreds of subreddits need few requests, and a chunk that keeps failing does not hold up the others', async () => {
    const names = Array.from({ length: 250 }, (_, n) => `sub${n}`)
    const set = setUp(names, {
      fault: ({ path }) => (path.includes('+sub120+') ? { kind: 'answer', status: 500 } : undefined),
    })
    const posts = inOrder(steadily('sub5', 20 * SECOND, -HOUR, HOUR), steadily('sub249', MINUTE, -HOUR, HOUR, 5))
    set.reddit.add(posts)
    await set.world.run(set.create(), HOUR, async () => {
      await set.clock.pass(30 * MINUTE)
      const due = posts.filter(({ createdMs }) => createdMs < set.clock.trueMs - MINUTE)
      expect(missing(set, due)).toEqual([])
      await set.clock.pass(30 * MINUTE)
    })
    const polls = new Set(listings(set).filter((path) => path.includes('+') && !path.includes('after=')))
    expect(polls.size).toBe(3)
    expect(set.reddit.busiestMinute).toBeLessThanOrEqual(100)
  })

  test('a renamed subreddit is read under its new name', async () => {
    const set = setUp(['a1', 'old1'])
    const posts = inOrder(steadily('a1', MINUTE, -HOUR, 10 * MINUTE), steadily('new1', MINUTE, -HOUR, 10 * MINUTE, 5))
    set.reddit.subreddits.set('old1', { renamedTo: 'new1' })
    set.reddit.add(posts)
    await set.world.run(set.create(), 11 * MINUTE)
    expect(missing(set, posts)).toEqual([])
    expect(listings(set).at(-1)).toMatch(/^\/r\/(a1\+new1|new1\+a1)\/new/)
  })

  test('two names that redirect to each other are given up', async () => {
    const set = setUp(['a1', 'b1'])
    set.reddit.subreddits.set('a1', { renamedTo: 'b1' })
    set.reddit.subreddits.set('b1', { renamedTo: 'a1' })
    await set.world.run(set.create(), 10 * MINUTE)
    expect(set.reddit.log.length).toBeLessThan(100)
  })

  test('after a stop subreddits are read on their own where the shared window is too small; the rest is a coverage gap', async () => {
    const set = setUp(['busy1', 'calm1'])
    const busy = steadily('busy1', 10 * SECOND, -HOUR, 7 * HOUR)
    const calm = steadily('calm1', MINUTE, -HOUR, 7 * HOUR, FIRST_ID + 50_000)
    set.reddit.add(inOrder(busy, calm))
    await set.world.run(set.create(), 10 * MINUTE)
    await set.clock.pass(6 * HOUR)
    await set.world.run(set.create(), 10 * MINUTE)
    const untilNow = (posts: StandInPost[]) =>
      posts.filter(({ createdMs }) => createdMs < set.clock.trueMs - 5 * SECOND)
    expect(missing(set, untilNow(calm))).toEqual([])
    const lost = missing(set, untilNow(busy))
    expect(lost.length).toBeGreaterThan(1_000)
    expect(set.world.gaps).toHaveLength(1)
    const [gap] = set.world.gaps
    expect(gap!.of).toBe('busy1')
    for (const { createdMs } of busy.filter(({ id }) => lost.includes(id))) {
      if (createdMs > set.clock.trueMs - 5 * SECOND) continue
      expect(createdMs).toBeGreaterThanOrEqual(Date.parse(gap!.from) - SECOND)
      expect(createdMs).toBeLessThanOrEqual(Date.parse(gap!.until) + MINUTE)
    }
    expect(set.world.sink.storedTwice).toEqual([])
  })

  test('after a short stop the listing is read only down to settled posts', async () => {
    const set = setUp(['a1'])
    set.reddit.add(steadily('a1', 10 * SECOND, -3 * HOUR, 2 * HOUR))
    await set.world.run(set.create(), 5 * MINUTE)
    await set.clock.pass(20 * MINUTE)
    const before = listings(set).length
    await set.world.run(set.create(), 3 * SECOND)
    expect(
      listings(set)
        .slice(before)
        .filter((path) => path.includes('after=')),
    ).toHaveLength(1)
    expect(set.world.sink.storedTwice).toEqual([])
  })
})

describe('faults', () => {
  test.each(FAULTS)('%s, now and then and for ten minutes: no post is lost or stored twice', async (_, fault) => {
    const random = seededRandom(5)
    const [fromMs, untilMs] = [START_MS + 20 * MINUTE, START_MS + 30 * MINUTE]
    const set = setUp(['a1', 'b1', 'c1'], {
      fault: ({ atMs }) => ((atMs >= fromMs && atMs < untilMs) || random() < 0.1 ? fault : undefined),
    })
    const posts = inOrder(
      ...['a1', 'b1', 'c1'].map((name, n) => steadily(name, 15 * SECOND, -HOUR, HOUR, FIRST_ID * (n + 1))),
    )
    set.reddit.add(posts)
    await set.world.run(set.create({ pollIntervalMs: 10 * SECOND }), 1.5 * HOUR)
    expect(missing(set, posts)).toEqual([])
    expect(set.world.sink.storedTwice).toEqual([])
    expect(set.reddit.busiestMinute).toBeLessThanOrEqual(100)
  })

  test('when Reddit grants tokens but never accepts them, requests become less and less frequent', async () => {
    const set = setUp(['a1'], {
      fault: ({ path }) => (path.startsWith('/r/') ? { kind: 'answer', status: 401 } : undefined),
    })
    await set.world.run(set.create(), HOUR)
    expect(set.reddit.log.length).toBeLessThan(100)
  })

  test('an installed app gets a token without a secret', async () => {
    const set = setUp(['a1'], { clientSecret: '' })
    set.reddit.add(steadily('a1', MINUTE, -HOUR, 0))
    await set.world.run(set.create({ clientSecret: undefined }), MINUTE)
    expect(set.world.sink.stored.size).toBe(60)
  })

  test('the position does not pass posts that could not be stored', async () => {
    const set = setUp(['a1'])
    const posts = steadily('a1', MINUTE, -3 * HOUR, HOUR)
    set.reddit.add(posts)
    await set.world.run(set.create(), 10 * MINUTE)
    set.world.sink.failing = new Error('the log is full')
    await expect(set.world.run(set.create(), HOUR)).rejects.toThrow('the log is full')
    set.world.sink.failing = undefined
    await set.world.run(set.create(), HOUR)
    expect(missing(set, posts)).toEqual([])
    expect(set.world.sink.storedTwice).toEqual([])
  })

  test('a token is replaced before it expires, and when Reddit no longer accepts it', async () => {
    const set = setUp(['a1'], { tokenLifeS: 600 })
    set.reddit.add(steadily('a1', MINUTE, -HOUR, HOUR))
    await set.world.run(set.create({ pollIntervalMs: 10 * SECOND }), HOUR, async () => {
      await set.clock.pass(58 * MINUTE)
      set.reddit.forgetTokens()
      await set.clock.pass(2 * MINUTE)
    })
    expect(set.reddit.log.filter(({ status }) => status === 401)).toHaveLength(1)
    expect(set.reddit.tokensGiven).toBeGreaterThanOrEqual(12)
  })

  test.each([-3 * HOUR, 5 * HOUR])(
    'no post is lost when the clock is wrong by %d ms and is set right later',
    async (wrongMs) => {
      const set = setUp(['a1'])
      const posts = steadily('a1', 20 * SECOND, -HOUR, 2 * HOUR)
      set.reddit.add(posts)
      set.clock.wrongMs = wrongMs
      await set.world.run(set.create({ pollIntervalMs: 10 * SECOND }), HOUR, async () => {
        await set.clock.pass(30 * MINUTE)
        set.clock.wrongMs = 0
        await set.clock.pass(30 * MINUTE)
      })
      set.clock.wrongMs = -wrongMs
      await set.world.run(set.create({ pollIntervalMs: 10 * SECOND }), HOUR + 15 * SECOND)
      expect(missing(set, posts)).toEqual([])
      expect(set.world.sink.storedTwice).toEqual([])
      expect(set.world.gaps).toEqual([])
    },
  )
})
