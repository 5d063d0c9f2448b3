import { expect, test } from 'vitest'
import { postErased, postScored } from '../../schema/testing/builders.ts'
import { given } from '../testing/given.ts'
import { projection as allTime } from './projection.ts'

test('scores add up by subreddit in any case and by scoring model', () => {
  expect(
    given(allTime, postScored({ post_id: 'a', seriousness: 0.25 }))
      .when(
        postScored({ post_id: 'b', subreddit: 'askscience', created_utc: 1_600_000_000, seriousness: 0.75 }),
        postScored({ post_id: 'a', model: 'serious-2', seriousness: 1 }),
        postScored({ post_id: 'c', subreddit: 'Memes', seriousness: 0 }),
      )
      .rows('SELECT lower(subreddit) AS subreddit, model, posts, seriousness FROM all_time_view ORDER BY 1, 2'),
  ).toEqual([
    { subreddit: 'askscience', model: 'serious-1', posts: 2, seriousness: 0.5 },
    { subreddit: 'askscience', model: 'serious-2', posts: 1, seriousness: 1 },
    { subreddit: 'memes', model: 'serious-1', posts: 1, seriousness: 0 },
  ])
})

test('the first score of a scoring model counts, and an erasure subtracts it', () => {
  const [first, second] = [postScored({ seriousness: 0.1 }), postScored({ seriousness: 0.9 })]
  expect(given(allTime, first, second).when().rows('SELECT posts, seriousness FROM all_time_view')).toEqual([
    { posts: 1, seriousness: 0.1 },
  ])
  expect(given(allTime, first).when(postErased(), second).rows('SELECT posts, seriousness FROM all_time_view')).toEqual(
    [],
  )
})

test('the most frequent spelling of a name is shown', () => {
  const spelled = (id: string, subreddit: string) => postScored({ post_id: id, subreddit })
  expect(
    given(allTime, spelled('a1', 'askscience'))
      .when(spelled('a2', 'AskScience'), spelled('a3', 'AskScience'))
      .rows("SELECT subreddit, posts FROM all_time_view WHERE subreddit = 'ASKSCIENCE'"),
  ).toEqual([{ subreddit: 'AskScience', posts: 3 }])
})
