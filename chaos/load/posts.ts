import type { PostSubmitted } from '../../schema/events.ts'
import type { Draw } from '../random.ts'
import type { History } from './history.ts'

/** So long ago that it is in the past by every clock that a fault sets. */
const FIRST_CREATED_UTC = 1_731_000_000
const HOURS = 6
/** Some names have several spellings, which belong to one subreddit. */
const SUBREDDITS = ['AskScience', 'askscience', 'Memes', 'MEMES', 'TheQuietLab', 'funny_2', 'History', 'cooking']
const WORDS =
  'why does the water boil cat dog theory question about light best worst help quantum garden recipe lol funny meme therapy grief research history'.split(
    ' ',
  )

/** A text that no other post has. */
export const markOf = (id: string): string => `mark${id}mark`

export function generatePost(draw: Draw, history: History): PostSubmitted {
  const id = history.nextId()
  return { type: 'PostSubmitted', id, ...generateContent(draw, id), source: 'chaos' }
}

/** A copy of a post with the same id and other content, as after an edit or from a source that is wrong. */
export const generateOtherCopy = (draw: Draw, post: PostSubmitted): PostSubmitted => ({
  ...post,
  ...generateContent(draw, post.id),
})

function generateContent(draw: Draw, id: string) {
  const subreddit = draw.pick(SUBREDDITS)
  return {
    subreddit,
    title: `${generateText(draw, 3, 9)} ${markOf(id)}`,
    selftext: draw.chance(0.5) ? '' : generateText(draw, 5, 40),
    created_utc: FIRST_CREATED_UTC + draw.number(0, HOURS * 3_600 - 1),
    permalink: `/r/${subreddit}/comments/${id}/x/`,
    is_self: true,
  }
}

function generateText(draw: Draw, min: number, max: number): string {
  return Array.from({ length: draw.number(min, max) }, () => draw.pick(WORDS)).join(' ')
}
