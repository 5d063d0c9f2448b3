/** Every NATS name that more than one process knows. Subreddits are tokens in lower case. */

export const POSTS = 'POSTS'
export const SCORES = 'SCORES'
export const MODELS = 'MODELS'
export const COVERAGE = 'COVERAGE'
export const DEAD = 'DEAD'
export type StreamName = typeof POSTS | typeof SCORES | typeof MODELS | typeof COVERAGE | typeof DEAD

export const subjects = {
  postSubmitted: (subreddit: string): string => `posts.submitted.${subreddit.toLowerCase()}`,
  postErased: (subreddit: string): string => `posts.erased.${subreddit.toLowerCase()}`,
  postScored: (model: string, subreddit: string): string => `scores.${model}.${subreddit.toLowerCase()}`,
  modelPromoted: 'models.promoted',
  hourCovered: (source: string): string => `coverage.${source}`,
  dead: (process: string): string => `dead.${process}`,
  /** Core NATS, not stored: which keys of a read model a commit changed. */
  changes: (projection: string): string => `changes.${projection}`,
} as const

/** Subjects of all erasures. */
export const ERASED_SUBJECTS = 'posts.erased.*'

/** `Nats-Msg-Id` values: the streams drop a second message with the same id within their duplicate window. */
export const messageIds = {
  post: (id: string): string => `post:${id}`,
  erased: (id: string): string => `erased:${id}`,
  /** A further PostErased, of messages that came after the first: named by the last of each stream. */
  erasedAgain: (id: string, postSequence: number, scoreSequence: number): string =>
    `erased:${id}:${postSequence}:${scoreSequence}`,
  score: (model: string, id: string): string => `score:${model}:${id}`,
  /** @param report tells one report of an hour from the next: what comes later counts, also when it says the same again */
  hourCovered: (source: string, subreddit: string | null, hourUtc: number, report: string): string =>
    `coverage:${source}:${subreddit?.toLowerCase() ?? '*'}:${hourUtc}:${report}`,
  dead: (process: string, stream: string, sequence: number): string => `dead:${process}:${stream}:${sequence}`,
} as const

/** The key-value bucket in which each source keeps its position. */
export const SOURCE_POSITIONS_BUCKET = 'source-positions'

/** The durable consumer that all scorers of one model share. */
export const scorerConsumer = (model: string): string => `scorer-${model}`

/** Each has a projector, a consumer and a file of this name. */
export const READ_MODELS = ['posts', 'hourly', 'all-time'] as const

/** The durable consumer of a read model's projector, made anew at each of its starts. */
export const projectorConsumer = (projection: string): string => `projector-${projection}`
