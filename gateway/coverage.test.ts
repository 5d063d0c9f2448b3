import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { HourlyQueries } from '../projections/hourly/queries.ts'
import type { ReadModelFiles } from './testing/read-model-files.ts'
import { codeOf, TestGateway } from './testing/test-gateway.ts'

const HOUR = 3_600
const NOW = Math.floor(Date.now() / 1_000)
/** The hour that began `hours` hours before the running one. */
const ago = (hours: number): number => NOW - (NOW % HOUR) - hours * HOUR
const iso = (seconds: number): string => new Date(seconds * 1_000).toISOString().replace('.000Z', 'Z')
let gateway: TestGateway
let files: ReadModelFiles

beforeEach(() => {
  gateway = new TestGateway()
  files = gateway.files
  files.add(
    { id: 'a1', subreddit: 'AskScience', createdUtc: NOW, seriousness: 8_000 },
    { id: 'f1', subreddit: 'funny', createdUtc: NOW, seriousness: 1_000 },
  )
})
afterEach(() => gateway[Symbol.dispose]())

const listing = (subreddit: string, hour_utc: number, coverage: number, source = 'rss') =>
  ({ subreddit, hour_utc, coverage, source, expected: null, seen: 5, erased: 0, unknown: 0 }) as const

const coverageOf = async (name: string, fields = 'hour source share', args = '') => {
  const answer = await gateway.ask(`{ subreddit(name: "${name}") { coverage${args} { ${fields} } } }`)
  return answer.data.subreddit?.coverage
}

test('coverage counts posts expected, seen, deleted on Reddit and unknown, of all of Reddit and of a subreddit', async () => {
  files.cover({ hour_utc: ago(3) })
  files.cover(listing('askscience', ago(2), 0.62))
  const fields = 'hour source ofAllReddit expected seen deletedOnReddit unknown share'
  const all = {
    source: 'reddit',
    ofAllReddit: true,
    expected: 61_200,
    seen: 60_012,
    deletedOnReddit: 310,
    unknown: 878,
  }
  const own = { source: 'rss', ofAllReddit: false, expected: null, seen: 5, deletedOnReddit: 0, unknown: 0 }
  const first = { ...all, hour: iso(ago(3)), share: 0.985 }
  expect(await coverageOf('ASKSCIENCE', fields)).toEqual([first, { ...own, hour: iso(ago(2)), share: 0.62 }])
  expect(await coverageOf('funny', fields)).toEqual([first])
})

test('of several sources the one that saw most counts; if they saw the same share, the one that read the subreddit', async () => {
  for (const hour of [4, 3, 2]) files.cover({ hour_utc: ago(hour), coverage: 0.5 })
  files.cover(listing('askscience', ago(4), 0.4))
  files.cover(listing('askscience', ago(3), 0.5))
  files.cover(listing('askscience', ago(3), 0.5, 'arctic-shift'))
  files.cover(listing('askscience', ago(2), 0))
  files.cover(listing('askscience', ago(2), 0.6, 'arctic-shift'))
  files.cover(listing('askscience', ago(1), 0))
  expect(await coverageOf('askscience')).toEqual([
    { hour: iso(ago(4)), source: 'reddit', share: 0.5 },
    { hour: iso(ago(3)), source: 'arctic-shift', share: 0.5 },
    { hour: iso(ago(2)), source: 'arctic-shift', share: 0.6 },
    { hour: iso(ago(1)), source: 'rss', share: 0 },
  ])
})

test('coverage covers the last seven days unless a client asks for other hours, and lists no hour without a report', async () => {
  for (const hour of [200, 100, 0]) files.cover({ hour_utc: ago(hour) })
  const hours = async (args = '') => (await coverageOf('funny', 'hour', args))?.map(({ hour }) => String(hour))
  expect(await hours()).toEqual([iso(ago(100)), iso(ago(0))])
  expect(await hours(`(from: "${iso(ago(200))}", to: "${iso(ago(0))}")`)).toEqual([iso(ago(200)), iso(ago(100))])
  expect(await hours(`(to: "${iso(ago(150))}")`)).toEqual([iso(ago(200))])
  expect(await hours(`(from: "${iso(ago(35 * 24))}")`)).toEqual([200, 100, 0].map((hour) => iso(ago(hour))))
})

test('coverage is one query for a page of subreddits, and is limited in cost and in rows', async () => {
  files.cover({ hour_utc: ago(1) })
  const read = vi.spyOn(HourlyQueries.prototype, 'coverage')
  const { data } = await gateway.ask('{ subreddits { nodes { name coverage { share } } } }')
  expect(data.subreddits.nodes.map(({ coverage }) => coverage)).toEqual([[{ share: 0.985 }], [{ share: 0.985 }]])
  expect(read).toHaveBeenCalledTimes(1)
  const large = '{ subreddits(first: 1000) { nodes { coverage { hour share } } } }'
  expect(codeOf(await gateway.ask(large))).toBe('QUERY_TOO_LARGE')
  read.mockReturnValue(undefined)
  expect(codeOf(await gateway.ask('{ subreddits { nodes { coverage { share } } } }'))).toBe('BAD_USER_INPUT')
  read.mockRestore()
})
