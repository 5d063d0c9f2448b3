import { afterEach, beforeEach, expect, test } from 'vitest'
import { hourOf, toIsoTime } from '../../schema/hours.ts'
import type { Reader } from './reads.ts'
import { defineSeries, type SeriesArgs } from './series.ts'
import { SeriesLoader } from './series-loader.ts'
import { DEFAULT_HOURS, hoursUntilNow, lastHours } from './time-range.ts'
import { TestGateway } from '../testing/test-gateway.ts'

const HOUR = 3_600
const NOW = Math.floor(Date.now() / 1_000)
/** The hour that began `hours` hours before the running one. */
const ago = (hours: number): number => hourOf(NOW) - hours * HOUR
let gateway: TestGateway
beforeEach(() => void (gateway = new TestGateway()))
afterEach(() => gateway[Symbol.dispose]())

test('the last seven days are the 168 hours up to and including the running one, at any second of it', () => {
  for (const now of [ago(0), ago(0) + 1, ago(0) + HOUR - 1]) {
    expect(hoursUntilNow(now)).toEqual({ from: ago(167), to: ago(-1) })
  }
  expect(DEFAULT_HOURS).toBe(168)
  expect(lastHours(ago(0))).toEqual({ from: ago(168), to: ago(0) })
  expect(lastHours(ago(0) + 1)).toEqual({ from: ago(167), to: ago(-1) })
})

test('hourly and coverage give 168 hours if a client does not ask for others', async () => {
  const hours = Array.from({ length: 170 }, (_, index) => ago(169 - index))
  gateway.files.add(
    ...hours.map((hour, index) => ({ id: `h${index}`, subreddit: 'aa', createdUtc: hour, seriousness: 5_000 })),
  )
  for (const hour_utc of hours) gateway.files.cover({ hour_utc })
  const ask = async (args: string) => {
    const { data } = await gateway.ask(`{ subreddit(name: "aa") { hourly${args} { hour } coverage${args} { hour } } }`)
    const toHours = (rows: readonly { readonly hour: unknown }[]) => rows.map(({ hour }) => hour)
    return [toHours(data.subreddit!.hourly), toHours(data.subreddit!.coverage)]
  }
  const expected = hours.slice(2).map(toIsoTime)
  expect(expected).toHaveLength(168)
  expect(await ask('')).toEqual([expected, expected])
  const before = hours.slice(1, 169).map(toIsoTime)
  expect(await ask(`(to: "${toIsoTime(ago(0))}")`)).toEqual([before, before])
  const since = hours.map(toIsoTime)
  expect(await ask(`(from: "${since[0]}")`)).toEqual([since, since])
})

test('subreddits that are requested in one tick share a query for each range, and each is read once', async () => {
  gateway.files.add(
    ...['aa', 'bb', 'cc'].map((subreddit) => ({ id: subreddit, subreddit, createdUtc: ago(0), seriousness: 5_000 })),
  )
  const asked: string[] = []
  const series = defineSeries({
    what: 'test: rows',
    queriesOf: () => 'rows of',
    read: (queries, { names, range, model }) => {
      asked.push(`${queries} ${names.join()} ${range.from} ${model}`)
      return names.length > 2 ? undefined : new Map(names.map((name) => [name, [name + range.from]]))
    },
  })
  const reader: Reader = { read: async (_, args) => series(gateway.context.models, args as SeriesArgs) as never }
  const loader = new SeriesLoader(reader, 'serious-1')
  const load = (name: string, from: number) => loader.load('hourly', name, { from, to: 9 })
  expect(await Promise.all([load('a', 1), load('b', 1), load('a', 1), load('a', 2)])).toEqual([
    ['a1'],
    ['b1'],
    ['a1'],
    ['a2'],
  ])
  expect(await load('b', 1)).toEqual(['b1'])
  expect(asked).toEqual(['rows of a,b 1 serious-1', 'rows of a 2 serious-1'])
  const tooMany = await Promise.allSettled(['a', 'b', 'c'].map((name) => load(name, 3)))
  expect(tooMany.map((one) => one.status === 'rejected' && (one.reason as Error).message)).toEqual(
    Array.from({ length: 3 }, () => 'test: rows: more than 20000. Ask for a shorter range or for fewer subreddits'),
  )
})
