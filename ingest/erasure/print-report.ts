import { count } from '../../schema/runtime/progress.ts'
import type { ReadModelOutcome } from './await-read-models.ts'
import type { ErasedPost, ErasureReport } from './erase-posts.ts'

const MAX_SHOWN_SEQUENCES = 5
const MAX_SHOWN_ERASED = 20
const UNKNOWN =
  'unknown: nothing of it is in the log, so that no erasure could be recorded. Copies that come later will count.'

/** The report for a terminal: a line a post, then where it all went. */
export function printReport({ posts, timings }: ErasureReport, readModels: readonly ReadModelOutcome[]): string {
  const lines = posts.length === 0 ? ['no post was erased before'] : toLines(posts)
  for (const { name, state } of readModels) {
    if (state === 'not running')
      lines.push(`${name}: its projector does not run and applies the erasure when it starts`)
    else if (state === 'behind') lines.push(`${name}: has not come that far yet, and goes on`)
    else lines.push(`${name}: applied`)
  }
  const { totalMs, searchMs, scorersMs, readModelsMs } = timings
  const inWork = scorersMs >= 1_000 ? `, ${seconds(scorersMs)} waiting for scorers` : ''
  const behind = readModelsMs >= 1_000 ? `, ${seconds(readModelsMs)} waiting for read models` : ''
  lines.push(`${seconds(totalMs)}, ${seconds(searchMs)} of it looking${inWork}${behind}`)
  return `${lines.join('\n')}\n`
}

/** Those with nothing to tell in one line, where there are many. */
function toLines(posts: readonly ErasedPost[]): string[] {
  const told = posts.filter(({ outcome }) => outcome !== 'already erased')
  const rest = posts.length - told.length
  if (rest <= MAX_SHOWN_ERASED) return posts.map((post) => printPost(post))
  return [...told.map((post) => printPost(post)), `${count(rest)} posts: already erased, nothing is left`]
}

function printPost(post: ErasedPost): string {
  const { id, outcome, subreddit, carries } = post
  const parts = [...found('POSTS', post.posts), ...found('SCORES', post.scores), ...found('DEAD', post.deadLetters)]
  const where = parts.length === 0 ? '' : ` (${parts.join(', ')})`
  if (outcome === 'unknown') return `${id}: ${UNKNOWN}`
  if (outcome === 'already erased') return `${id}: already erased, nothing is left`
  const why = carries === undefined ? '' : `, because a message of it carries ${carries}`
  return `${id}: ${outcome} from r/${subreddit}${where}${why}`
}

/** `2 in POSTS: 17, 23`. */
function found(stream: string, sequences: readonly number[]): string[] {
  if (sequences.length === 0) return []
  const more = sequences.length > MAX_SHOWN_SEQUENCES ? ', …' : ''
  return [`${sequences.length} in ${stream}: ${sequences.slice(0, MAX_SHOWN_SEQUENCES).join(', ')}${more}`]
}

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`
