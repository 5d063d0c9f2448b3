import { count } from '../schema/runtime/progress.ts'
import type { ErasedPost, ErasureReport } from './erase-posts.ts'
import { HAS_TRACES, type ErasureState, type ReadModelOutcome } from './read-models.ts'

const MAX_SHOWN_SEQUENCES = 5
const MAX_SHOWN_ERASED = 20

const DONE = 0
const NOT_FOUND = 1
const TRACES_LEFT = 3

/** The exit code of `npm run erase`; its `--help` says what each means. */
export function exitCodeOf({ posts }: ErasureReport, readModels: readonly ReadModelOutcome[]): number {
  if (readModels.some(({ state }) => HAS_TRACES.has(state))) return TRACES_LEFT
  return posts.some(({ outcome }) => outcome === 'unknown') ? NOT_FOUND : DONE
}

/** Formats the report for a terminal: a line for each post, a line for each read model, and how long it took. */
export function printReport(
  { posts, recordedAt, timings }: ErasureReport,
  readModels: readonly ReadModelOutcome[],
): string {
  const lines = posts.length === 0 ? ['No post was erased before.'] : toLines(posts)
  for (const outcome of readModels) lines.push(printOutcome(outcome, recordedAt ?? 0))
  const { totalMs, searchMs, scorersMs, readModelsMs } = timings
  const parts = [`Took ${seconds(totalMs)}`, `${seconds(searchMs)} of it searching the log`]
  if (scorersMs >= 1_000) parts.push(`${seconds(scorersMs)} waiting for scorers`)
  if (readModelsMs >= 1_000) parts.push(`${seconds(readModelsMs)} waiting for read models`)
  return `${[...lines, `${parts.join(', ')}.`].join('\n')}\n`
}

/** Many posts that were erased before share one line. */
function toLines(posts: readonly ErasedPost[]): string[] {
  const others = posts.filter(({ outcome }) => outcome !== 'already erased')
  const already = posts.length - others.length
  if (already <= MAX_SHOWN_ERASED) return posts.map((post) => printPost(post))
  return [
    ...others.map((post) => printPost(post)),
    `${count(already)} posts: already erased; nothing is left in the log.`,
  ]
}

function printPost(post: ErasedPost): string {
  const { id, outcome, subreddit, carries } = post
  if (outcome === 'unknown') return `${id}: Not found in the log; nothing erased. A copy that comes later will count.`
  if (outcome === 'already erased') return `${id}: already erased; nothing is left in the log.`
  const parts = [...found('POSTS', post.posts), ...found('SCORES', post.scores), ...found('DEAD', post.deadLetters)]
  const where = parts.length === 0 ? '' : ` (${parts.join('; ')})`
  const why = carries === undefined ? '' : `, because one of its messages holds the text of ${carries}`
  return `${id}: ${outcome} from r/${subreddit}${where}${why}.`
}

/** `2 in POSTS: 17, 23`. */
function found(stream: string, sequences: readonly number[]): string[] {
  if (sequences.length === 0) return []
  const more = sequences.length > MAX_SHOWN_SEQUENCES ? ', …' : ''
  return [`${sequences.length} in ${stream}: ${sequences.slice(0, MAX_SHOWN_SEQUENCES).join(', ')}${more}`]
}

/** What the report says about a read model in each state. @param file its file @param position how far it is in POSTS */
const WORDS: Readonly<Record<ErasureState, (file: string, position: string) => string>> = {
  gone: (file) => `erased; ${file} holds nothing of the posts.`,
  scrubbing: (file) =>
    `erased; unused bytes of ${file} may hold copies of the text until its projector has searched them.`,
  held: (file) =>
    `erased, but its text is left in the write-ahead log of ${file}, because another program holds ${file} open in a read transaction. End that program; the text is then removed within seconds.`,
  sending: () => 'erased, but a rejected event waits to be sent to DEAD. Run npm run erase -- --late later.',
  pending: (_, position) =>
    `pending; it is at ${position} in POSTS. Its projector applies the erasure when it gets there; start it if it is stopped.`,
  missing: (file) => `no ${file} in DATA_DIR. On another host, its projector applies the erasure there.`,
  'other log': (file) => `not known: ${file} was built from another log. Its projector says how to rebuild it.`,
  unreadable: (file) => `not known: ${file} cannot be read. npm run status says why.`,
}

function printOutcome({ name, state, checkpoint }: ReadModelOutcome, recordedAt: number): string {
  return `${name}: ${WORDS[state](`${name}.db`, `${count(checkpoint ?? 0)} of ${count(recordedAt)}`)}`
}

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`
