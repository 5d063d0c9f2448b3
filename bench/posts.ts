import { createWriteStream } from 'node:fs'
import { once } from 'node:events'
import type { PostSubmitted } from '../schema/events.ts'

const WORDS =
  'why does the of a in what is my how to do you when i this that with for on cat dog theory question about light water best worst help new old first time people world never always mirror engine history contract quantum garden recipe keyboard'.split(
    ' ',
  )
const SUBREDDITS = 817

/** Generates a post of about the size of a real one. The same number gives the same post. */
export function benchPost(number: number): PostSubmitted {
  let state = (number + 1) * 2_654_435_761
  const next = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state % below
  }
  const words = (count: number): string => Array.from({ length: count }, () => WORDS[next(WORDS.length)]).join(' ')
  const subreddit = `bench_${next(SUBREDDITS)}`
  const id = (36 ** 5 + number).toString(36)
  return {
    type: 'PostSubmitted',
    id,
    subreddit,
    title: words(6 + next(8)),
    selftext: next(2) === 0 ? '' : words(20 + next(80)),
    created_utc: Math.floor(Date.now() / 1000) - 86_400 * 7 + Math.floor(number / 2),
    permalink: `/r/${subreddit}/comments/${id}/title/`,
    url: `https://example.org/${id}`,
    is_self: true,
    over_18: false,
    link_flair_text: null,
    source: 'bench',
  }
}

/** Writes `count` posts as NDJSON. */
export async function writePosts(file: string, count: number): Promise<void> {
  const out = createWriteStream(file)
  for (let number = 0; number < count; number++) {
    if (!out.write(`${JSON.stringify(benchPost(number))}\n`)) await once(out, 'drain')
  }
  out.end()
  await once(out, 'close')
}
