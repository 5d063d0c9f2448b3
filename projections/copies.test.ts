import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { GravitasEvent, PostScored, PostSubmitted } from '../schema/events.ts'
import { hourOf } from '../schema/hours.ts'
import { toPostId } from '../schema/post-id.ts'
import { READ_MODEL_NAMES } from '../schema/read-models.ts'
import { postErased, postScored, postSubmitted } from '../schema/testing/builders.ts'
import { projections } from './testing/all-projections.ts'
import { given } from './testing/given.ts'
import { dumpRows, TestReadModel, toLog } from './testing/replay.ts'

const MODELS = ['serious-1', 'serious-2']
const START = 1_764_000_000

/** Copies of few posts with other content. Each is published, and every scoring model scores each. */
const copies = fc.array(
  fc
    .record({
      id: fc.integer({ min: 1_300, max: 1_304 }).map(toPostId),
      subreddit: fc.constantFrom('AskScience', 'askscience', 'Memes'),
      created_utc: fc.integer({ min: 0, max: 2 }).map((hour) => START + 3_600 * hour),
      title: fc.string(),
    })
    .map(postSubmitted),
  { maxLength: 12 },
)

const toScores = (posts: readonly PostSubmitted[]): PostScored[] =>
  posts.flatMap(({ id: post_id, subreddit, created_utc }, index) =>
    MODELS.map((model) => {
      const seriousness = ((index * 37 + model.length * MODELS.indexOf(model)) % 100) / 100
      return postScored({ post_id, subreddit, created_utc, model, seriousness, post_sequence: index + 1 })
    }),
  )

/** The posts with their scores, in two orders of scoring, some scores twice, and with a post that may be erased. */
const scoredTwice = copies
  .filter((posts) => posts.length > 0)
  .chain((posts) => {
    const scores = toScores(posts)
    const order = fc
      .tuple(fc.shuffledSubarray(scores, { minLength: scores.length }), fc.subarray(scores))
      .map((parts) => parts.flat())
    const erasure = fc.option(fc.constantFrom(...posts).map(({ id }) => postErased({ post_id: id })))
    return fc.record({
      posts: fc.constant(posts),
      first: order,
      second: order,
      erasure,
      batchSize: fc.integer({ min: 1, max: 9 }),
    })
  })

interface History {
  readonly posts: readonly PostSubmitted[]
  readonly scores: readonly PostScored[]
  readonly erasure: GravitasEvent | null
  readonly batchSize?: number
}

function follow(name: (typeof READ_MODEL_NAMES)[number], { posts, scores, erasure, batchSize = 1 }: History) {
  const model = new TestReadModel(projections[name])
  // The erasure comes in the middle of the scores. It is the last event of POSTS in any case.
  const half = scores.length >> 1
  const events = [...posts, ...scores.slice(0, half), ...(erasure === null ? [] : [erasure]), ...scores.slice(half)]
  const log = toLog(events)
  for (let at = 0; at < log.length; at += batchSize) model.write(log.slice(at, at + batchSize))
  return model
}

/** The rows without what the order of SCORES decides: checkpoints, and the places of the scores. */
function rowsOf({ database }: TestReadModel): string {
  const hasScores = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'scores'").get() !== undefined
  const rank = 'SELECT count(*) FROM scores s WHERE (s.key, s.model) <= (scores.key, scores.model)'
  if (hasScores) database.exec(`UPDATE scores SET sequence = -(${rank})`)
  return dumpRows(database, { without: ['checkpoints', 'meta'] })
}

test.each(READ_MODEL_NAMES)('%s: the order of scoring does not matter, also when copies have other content', (name) => {
  fc.assert(
    fc.property(scoredTwice, ({ posts, first, second, erasure, batchSize }) => {
      using one = follow(name, { posts, scores: first, erasure })
      using other = follow(name, { posts, scores: second, erasure, batchSize })
      expect(rowsOf(other)).toBe(rowsOf(one))
    }),
    { numRuns: 60 },
  )
})

test('the read models agree about the copy that counts', () => {
  fc.assert(
    fc.property(scoredTwice, ({ posts, first, erasure, batchSize }) => {
      const history = { posts, scores: first, erasure, batchSize }
      using listed = follow('posts', history)
      using hourly = follow('hourly', history)
      using allTime = follow('all-time', history)
      const of = ({ database }: TestReadModel, sql: string) => database.prepare(sql).raw().all()
      const rows = of(
        listed,
        `SELECT lower(p.subreddit), model, created_utc, s.seriousness, lower(s.subreddit) FROM posts p JOIN scores s USING (key)`,
      ) as [string, string, number, number, string][]
      for (const [subreddit, , , , counted] of rows) expect(counted).toBe(subreddit)
      expect(
        sumsOf(rows.map(([subreddit, model, at, value]) => [`${subreddit} ${model} ${hourOf(at)}`, value])),
      ).toEqual(toObject(of(hourly, "SELECT subreddit || ' ' || model || ' ' || hour, posts, sum FROM hourly")))
      expect(sumsOf(rows.map(([subreddit, model, , value]) => [`${subreddit} ${model}`, value]))).toEqual(
        toObject(of(allTime, "SELECT subreddit || ' ' || model, posts, sum FROM all_time")),
      )
    }),
    { numRuns: 60 },
  )
})

type Sums = Record<string, readonly [posts: number, sum: number]>

function sumsOf(values: readonly [string, number][]): Sums {
  const sums: Sums = {}
  for (const [group, value] of values) {
    const [posts, sum] = sums[group] ?? [0, 0]
    sums[group] = [posts + 1, sum + value]
  }
  return sums
}

const toObject = (rows: unknown[]): Sums =>
  Object.fromEntries((rows as [string, number, number][]).map(([group, posts, sum]) => [group, [posts, sum]]))

describe('a score that names its copy of the post', () => {
  const early = postScored({ subreddit: 'Memes', created_utc: START, seriousness: 0.2, post_sequence: 3 })
  const late = postScored({ subreddit: 'AskScience', created_utc: START + 3_600, seriousness: 0.9, post_sequence: 7 })
  const { post_sequence: _, ...unnamed } = postScored({ subreddit: 'Funny', seriousness: 0.5 })
  const VIEW = 'SELECT subreddit, hour, posts, seriousness FROM hourly_view'
  const counted = [{ subreddit: 'Memes', hour: '2025-11-24T16:00:00Z', posts: 1, seriousness: 0.2 }]

  test.each([
    ['replaces the score of a later copy', [late, early]],
    ['is not replaced by the score of a later copy', [early, late]],
    ['replaces a score that names none', [unnamed, late, early]],
    ['is not replaced by a score that names none', [early, unnamed]],
  ])('%s', (_name, scores) => {
    expect(
      given(projections.hourly)
        .when(...scores)
        .rows(VIEW),
    ).toEqual(counted)
    expect(
      given(projections.hourly, ...scores)
        .when()
        .rows(VIEW),
    ).toEqual(counted)
    expect(
      given(projections.posts, ...scores)
        .when()
        .rows('SELECT subreddit, seriousness FROM scores'),
    ).toEqual([{ subreddit: 'Memes', seriousness: 2_000 }])
  })

  test('keeps the place of the first score, so that subscribers are not sent the post twice', () => {
    expect(given(projections.posts, late, early).when().rows('SELECT sequence, post_sequence FROM scores')).toEqual([
      { sequence: 1, post_sequence: 3 },
    ])
  })
})
