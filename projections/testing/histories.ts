import fc from 'fast-check'
import type { GravitasEvent } from '../../schema/events.ts'
import { toPostId } from '../../schema/post-id.ts'
import { hourCovered, postErased, postScored, postSubmitted } from '../../schema/testing/builders.ts'

const NAMES = ['AskScience', 'askscience', 'Memes', 'funny_2']
/** Few posts, so that histories are full of copies. */
export const post = fc.record({
  id: fc.integer({ min: 1_300, max: 1_320 }).map(toPostId),
  subreddit: fc.constantFrom(...NAMES),
})
const created = fc.integer({ min: 1_764_000_000, max: 1_764_010_000 })
const submitted = fc
  .tuple(post, created, fc.string())
  .map(([p, created_utc, title]) => postSubmitted({ ...p, created_utc, title }))
const scored = fc
  .tuple(post, created, fc.integer({ min: 0, max: 10_000 }), fc.constantFrom('serious-1', 'serious-2'))
  .map(([p, created_utc, fixed, model]) =>
    postScored({ post_id: p.id, subreddit: p.subreddit, created_utc, model, seriousness: fixed / 10_000 }),
  )
const erased = post.map(({ id, subreddit }) => postErased({ post_id: id, subreddit }))
const covered = fc
  .record({
    source: fc.constantFrom('reddit', 'rss'),
    subreddit: fc.constantFrom(null, ...NAMES),
    hour_utc: fc.constantFrom(1_764_000_000, 1_764_003_600),
    seen: fc.integer({ min: 0, max: 100 }),
    coverage: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  .map(hourCovered)
/** Posts, scores and erasures in any order. */
export const history: fc.Arbitrary<GravitasEvent[]> = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: submitted },
    { weight: 5, arbitrary: scored },
    { weight: 1, arbitrary: erased },
    { weight: 2, arbitrary: covered },
  ),
  { maxLength: 60 },
)

/** The post that an event is about. */
export const idOf = (event: GravitasEvent): string | undefined =>
  'post_id' in event ? event.post_id : 'id' in event ? event.id : undefined
