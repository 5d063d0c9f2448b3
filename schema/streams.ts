/** The streams of the log. Their subjects come from the events that they hold (events.ts). */

export const POSTS = 'POSTS'
export const SCORES = 'SCORES'
export const MODELS = 'MODELS'
export const COVERAGE = 'COVERAGE'
export const DEAD = 'DEAD'

export interface StreamDefinition {
  readonly description: string
  /** The stream refuses new events above this size. A server with less room gets a smaller limit. */
  readonly maxBytes: number
  /**
   * How long the server drops a second message with the same id. This saves work; correctness does not depend on it.
   */
  readonly duplicateWindowSeconds: number
  /** Whether the stream takes atomic batches, which are needed if events arrive in bulk. */
  readonly isAtomic: boolean
}

const GIB = 2 ** 30

/**
 * The duplicate windows of POSTS and SCORES are short, because each id takes about 240 B of the server's memory, and an
 * import would fill it. Ten seconds cover a publish that is repeated because its answer was late.
 */
export const STREAMS = {
  POSTS: {
    description: 'Posts as they were submitted, and erasures',
    maxBytes: 512 * GIB,
    duplicateWindowSeconds: 10,
    isAtomic: true,
  },
  SCORES: {
    description: 'The score that each scoring model gave each post',
    maxBytes: 128 * GIB,
    duplicateWindowSeconds: 10,
    isAtomic: true,
  },
  MODELS: {
    description: 'Which scoring model is shown',
    maxBytes: GIB,
    duplicateWindowSeconds: 30,
    isAtomic: false,
  },
  COVERAGE: {
    description: 'How much of each hour the sources saw',
    maxBytes: 8 * GIB,
    duplicateWindowSeconds: 30,
    isAtomic: true,
  },
  DEAD: {
    description: 'Rejected events with their reasons',
    maxBytes: 16 * GIB,
    duplicateWindowSeconds: 86_400,
    isAtomic: false,
  },
} as const satisfies Readonly<Record<string, StreamDefinition>>

export type StreamName = keyof typeof STREAMS

/** All streams, in the order in which they are shown. */
export const STREAM_NAMES = Object.keys(STREAMS) as readonly StreamName[]

/** The key-value bucket in which each source keeps its position. */
export const SOURCE_POSITIONS_BUCKET = 'source-positions'
/** The stream that stores this bucket. */
export const SOURCE_POSITIONS_STREAM = `KV_${SOURCE_POSITIONS_BUCKET}` as const
