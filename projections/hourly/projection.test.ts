import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { HourCovered } from '../../schema/events.ts'
import { hourCovered, postErased, postScored } from '../../schema/testing/builders.ts'
import { given } from '../testing/given.ts'
import { TestReadModel, toLog } from '../testing/replay.ts'
import { projection as hourly } from './projection.ts'

const HOUR = 1_764_000_000
const view = 'SELECT * FROM coverage_view ORDER BY source, subreddit, hour'

test('scores count in the hour of the creation of their posts, by subreddit and scoring model', () => {
  expect(
    given(
      hourly,
      postScored({ post_id: 'a', created_utc: HOUR + 1, seriousness: 0.5 }),
      postScored({ post_id: 'b', created_utc: HOUR + 3_599, seriousness: 0.7 }),
    )
      .when(
        postScored({ post_id: 'c', created_utc: HOUR + 3_600, seriousness: 1 }),
        postScored({ post_id: 'a', created_utc: HOUR + 1, model: 'serious-2', seriousness: 0 }),
      )
      .rows('SELECT * FROM hourly_view ORDER BY hour, model'),
  ).toEqual([
    { subreddit: 'AskScience', hour: '2025-11-24T16:00:00Z', model: 'serious-1', posts: 2, seriousness: 0.6 },
    { subreddit: 'AskScience', hour: '2025-11-24T16:00:00Z', model: 'serious-2', posts: 1, seriousness: 0 },
    { subreddit: 'AskScience', hour: '2025-11-24T17:00:00Z', model: 'serious-1', posts: 1, seriousness: 1 },
  ])
})

test('an erased post leaves its hour, and does not come back', () => {
  const [score, other] = [postScored({ seriousness: 0.2 }), postScored({ post_id: 'other', seriousness: 0.4 })]
  expect(
    given(hourly, score, other).when(postErased(), score).rows('SELECT posts, seriousness FROM hourly_view'),
  ).toEqual([{ posts: 1, seriousness: 0.4 }])
})

test('of each source and subreddit, the last report about an hour counts, in any spelling of the name', () => {
  const own = { source: 'rss', subreddit: 'AskScience', hour_utc: HOUR, expected: null, erased: 0, unknown: 0 } as const
  expect(
    given(
      hourly,
      postScored({ subreddit: 'AskScience' }),
      hourCovered({ hour_utc: HOUR, seen: 1, coverage: 0.1 }),
      hourCovered({ ...own, seen: 2, coverage: 1 }),
    )
      .when(
        hourCovered({ ...own, subreddit: 'askscience', seen: 3, coverage: 0.5 }),
        hourCovered({ hour_utc: HOUR, seen: 60_012 }),
      )
      .rows(view),
  ).toEqual([
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

test('an old report that is delivered again changes nothing', () => {
  fc.assert(
    fc.property(reports, fc.array(fc.nat()), (events, again) => {
      const log = toLog(events)
      using model = new TestReadModel(hourly)
      model.write(log)
      // Without the checkpoint only the sequence in the row tells an old report from a new one.
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

test('a commit names the subreddits with new reports, and none for a report about all of Reddit', () => {
  using model = new TestReadModel(hourly)
  const changed = (events: HourCovered[]): readonly string[] => {
    const writer = hourly.createWriter(model.database)
    for (const event of events) writer.apply(hourly.evolve(event, { stream: 'COVERAGE', sequence: 1 })!)
    return writer.flush().subreddits
  }
  expect(changed([hourCovered({ subreddit: 'AskScience' }), hourCovered()])).toEqual(['askscience'])
  expect(changed([])).toEqual([])
})
