import type { PostErased } from '../schema/events.ts'
import { DEAD, POSTS, SCORES } from '../schema/streams.ts'

/** The streams in which messages of a post may lie. */
export const TRACED_STREAMS = [POSTS, SCORES, DEAD] as const
export type TracedStream = (typeof TRACED_STREAMS)[number]

/** Where and when a post was made. */
export interface Origin {
  readonly subreddit: string
  /** Seconds since the epoch. */
  readonly createdUtc: number
}

interface KnownOfPost {
  readonly subreddit?: string | undefined
  /** Seconds since the epoch. */
  readonly createdUtc?: number | undefined
  /** The post asked for, where this one has to go with it. */
  readonly carries?: string | undefined
}

/** What was found of one post in the log, and what was deleted. */
export class PostTrace {
  /** Base36, in lower case. */
  readonly id: string
  subreddit: string | undefined
  /** Seconds since the epoch. */
  createdUtc: number | undefined
  /** Sequences of the messages that are still to be deleted. */
  readonly found: Record<TracedStream, Set<number>> = newSets()
  /** Sequences of the messages that were deleted. */
  readonly deleted: Record<TracedStream, Set<number>> = newSets()
  /** Subreddit and time to record where no message states them: a guess from the first message that was found. */
  presumed: Origin | undefined
  /** The post asked for, whose text lies in a message of this post, so that this post has to go as well. */
  readonly carries: string | undefined
  /** POSTS sequence of the newest PostErased in the log. */
  erasedAt: number | undefined
  /** The reason that the first PostErased in the log gives. */
  reason: string | undefined
  /** Sequences that the PostErased events in the log name. */
  readonly #named: Record<TracedStream, Set<number>> = newSets()

  constructor(id: string, { subreddit, createdUtc, carries }: KnownOfPost) {
    this.id = id
    this.subreddit = subreddit
    this.createdUtc = createdUtc
    this.carries = carries
  }

  /** Notes a PostErased of this post, which was found at `sequence` of POSTS. */
  noteErasure({ reason, post_sequences = [], score_sequences = [] }: PostErased, sequence: number): void {
    this.erasedAt = Math.max(this.erasedAt ?? 0, sequence)
    this.reason ??= reason ?? undefined
    for (const named of post_sequences) this.#named.POSTS.add(named)
    for (const named of score_sequences) this.#named.SCORES.add(named)
  }

  /** Sequences of its messages in a stream that no PostErased names, in ascending order. */
  unnamed(stream: typeof POSTS | typeof SCORES): number[] {
    return [...this.sequences(stream).difference(this.#named[stream])].sort((a, b) => a - b)
  }

  /** Sequences of all its messages that are known, deleted ones among them. */
  sequences(stream: TracedStream): Set<number> {
    return this.found[stream].union(this.deleted[stream]).union(this.#named[stream])
  }

  noteDeleted(stream: TracedStream, sequence: number): void {
    this.found[stream].delete(sequence)
    this.deleted[stream].add(sequence)
  }

  /** Whether messages of it are still to be deleted. */
  get isLeft(): boolean {
    return TRACED_STREAMS.some((stream) => this.found[stream].size > 0)
  }
}

const newSets = (): Record<TracedStream, Set<number>> => ({ POSTS: new Set(), SCORES: new Set(), DEAD: new Set() })
