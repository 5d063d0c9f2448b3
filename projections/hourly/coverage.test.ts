import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { HourCovered } from '../../schema/events.ts'
import { hourCovered, postErased, postScored } from '../../schema/testing/builders.ts'
import type { Projection } from '../projection.ts'
import { TallyWriter, toTallyChange, type TallyChange } from '../tally.ts'
import { TestReadModel, toLog } from '../testing/replay.ts'
import { coverageTables } from './coverage.ts'
import { hourly, hourlyTables } from './projection.ts'

const HOUR = 1_764_000_000
const view = (model: TestReadModel) =>
  model.database.prepare('SELECT * FROM coverage_view ORDER BY source, subreddit, hour').all()

test('the last report about an hour counts, of each source and subreddit in any case', () => {
  using model = new TestReadModel(hourly)
  const own = { source: 'rss', subreddit: 'AskScience', hour_utc: HOUR, expected: null, erased: 0, unknown: 0 } as const
  model.write(
    toLog([
      postScored({ subreddit: 'AskScience' }),
      hourCovered({ hour_utc: HOUR, seen: 1, coverage: 0.1 }),
      hourCovered({ ...own, seen: 2, coverage: 1 }),
      hourCovered({ ...own, subreddit: 'askscience', seen: 3, coverage: 0.5 }),
      hourCovered({ hour_utc: HOUR, seen: 60_012 }),
    ]),
  )
  expect(view(model)).toEqual([
    {
      source: 'reddit',
      subreddit: null,
      hour: '2025-11-24T16:00:00Z',
      expected: 61_200,
      seen: 60_012,
      erased: 310,
      unknown: 878,
      coverage: 0.985,
    },
    {
      source: 'rss',
      subreddit: 'AskScience',
      hour: '2025-11-24T16:00:00Z',
      expected: null,
      seen: 3,
      erased: 0,
      unknown: 0,
      coverage: 0.5,
    },
  ])
})

const reports = fc.array(
  fc
    .record({
      source: fc.constantFrom('reddit', 'rss'),
      subreddit: fc.constantFrom(null, 'Memes', 'memes'),
      hour_utc: fc.constantFrom(HOUR, HOUR + 3_600),
      seen: fc.integer({ min: 0, max: 1_000 }),
    })
    .map(hourCovered),
  { maxLength: 30 },
)

test('whatever is delivered again, and however old, the rows are those of the last reports', () => {
  fc.assert(
    fc.property(reports, fc.array(fc.nat()), (events, again) => {
      const log = toLog(events)
      using model = new TestReadModel(hourly)
      model.write(log)
      // A writer of its own for each: without the checkpoint, only the sequence in the row tells old from new.
      for (const index of again) {
        model.database.exec('DELETE FROM checkpoints')
        if (log.length > 0) model.write([log[index % log.length]!])
      }
      const last = new Map<string, HourCovered>()
      for (const event of events) last.set(`${event.source} ${event.subreddit?.toLowerCase()} ${event.hour_utc}`, event)
      const found = model.database.prepare('SELECT seen FROM coverage ORDER BY seen').pluck().all()
      expect(found).toEqual([...last.values()].map(({ seen }) => seen).sort((a, b) => a - b))
    }),
    { numRuns: 30 },
  )
})

test('a commit tells the subreddits with new reports, and none for all of Reddit', () => {
  using model = new TestReadModel(hourly)
  const changed = (events: HourCovered[]): readonly string[] => {
    const writer = hourly.createWriter(model.database)
    for (const event of events) writer.apply(hourly.evolve(event, { stream: 'COVERAGE', sequence: 1 })!)
    return writer.flush()
  }
  expect(changed([hourCovered({ subreddit: 'AskScience' }), hourCovered()])).toEqual(['askscience'])
  expect(changed([])).toEqual([])
})

const version1: Projection<TallyChange> = {
  name: 'hourly',
  version: 1,
  handles: ['PostScored', 'PostErased'],
  tables: hourly.tables.replace(coverageTables, ''),
  evolve: toTallyChange,
  createWriter: (database) => new TallyWriter(database, hourlyTables(database)),
}

test('a file of version 1 is brought up to date in place, and then has the rows of a rebuild', () => {
  const log = toLog([postScored(), postScored({ post_id: 'b' }), postErased(), hourCovered(), hourCovered({ seen: 7 })])
  const [before, after] = [log.slice(0, 3), log.slice(3)]
  using model = new TestReadModel(version1)
  model.write(before)
  expect(model.dump()).not.toContain('"coverage"')
  model.reopenAs(hourly)
  expect(model.database.prepare("SELECT value FROM meta WHERE name = 'version'").pluck().get()).toBe('2')
  model.write(after)
  using rebuilt = new TestReadModel(hourly)
  rebuilt.write(log)
  expect(model.dump()).toBe(rebuilt.dump())
  expect(view(model)).toEqual(view(rebuilt))
})

test('a file without a way to this version is left as it is, and says what to do', () => {
  using model = new TestReadModel(version1)
  expect(() => model.reopenAs({ ...hourly, version: 3 })).toThrow(/holds the read model "hourly 1".*rebuilt/)
  model.reopenAs(hourly)
  expect(() => model.reopenAs(version1)).toThrow(/holds the read model "hourly 2"/)
})
