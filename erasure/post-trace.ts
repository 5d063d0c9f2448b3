import type { PostErased } from '../schema/events.ts'
import { DEAD, POSTS, SCORES } from '../schema/streams.ts'

/** The streams that may have messages of a post. */
export const TRACED_STREAMS = [POSTS, SCORES, DEAD] as const
export type TracedStream = (typeof TRACED_STREAMS)[number]

/** Where and when a post was created. */
export interface Origin {
  readonly subreddit: string
  /** Seconds since the epoch. */
  readonly createdUtc: number
}

interface KnownOfPost {
  readonly subreddit?: string | undefined
  /** Seconds since the epoch. */
  readonly createdUtc?: number | undefined
  /** The id of the requested post because of which this one must be erased too. */
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
  /** A guess from the first message that was found. It is recorded when no message states subreddit and time. */
  presumed: Origin | undefined
  /** The id of the requested post whose text a message of this post holds, so that this post must be erased too. */
  readonly carries: string | undefined
  /** POSTS sequence of the newest PostErased in the log. */
  erasedAt: number | undefined
  /** The first reason that a PostErased in the log gives. */
  reason: string | undefined
  /** The sequences that the PostErased events in the log name. */
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

  /** The sequences of the post's messages in a stream that no PostErased names, in ascending order. */
  unnamed(stream: typeof POSTS | typeof SCORES): number[] {
    return [...this.sequences(stream).difference(this.#named[stream])].sort((a, b) => a - b)
  }

  /** The sequences of all known messages of the post, including deleted ones. */
  sequences(stream: TracedStream): Set<number> {
    return this.found[stream].union(this.deleted[stream]).union(this.#named[stream])
  }

  noteDeleted(stream: TracedStream, sequence: number): void {
    this.found[stream].delete(sequence)
    this.deleted[stream].add(sequence)
  }

  /** Whether messages of the post are still to be deleted. */
  get isLeft(): boolean {
    return TRACED_STREAMS.some((stream) => this.found[stream].size > 0)
  }
}

const newSets = (): Record<TracedStream, Set<number>> => ({ POSTS: new Set(), SCORES: new Set(), DEAD: new Set() })
