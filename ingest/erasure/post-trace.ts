import type { PostErased } from '../../schema/events.ts'
import { DEAD, POSTS, SCORES } from '../../schema/streams.ts'
import type { Origin } from './presume-origin.ts'

/** The streams in which messages of a post may lie. */
export const TRACED_STREAMS = [POSTS, SCORES, DEAD] as const
export type TracedStream = (typeof TRACED_STREAMS)[number]

/** What was found of one post in the log, and what was done about it. */
export class PostTrace {
  /** Base36, in lower case. */
  readonly id: string
  subreddit: string | undefined
  /** Seconds since the epoch. */
  createdUtc: number | undefined
  /** Sequences of the messages that are still to be deleted. */
  readonly found: Record<TracedStream, Set<number>> = newSets()
  /** Sequences of those that are deleted. */
  readonly deleted: Record<TracedStream, Set<number>> = newSets()
  /** Where it belongs if no message says so: by the first that was met. */
  presumed: Origin | undefined
  /** The post that was to be erased, whose text a message of this one carries: so this one goes, too. */
  readonly carries: string | undefined
  /** POSTS sequence of the newest PostErased on record. */
  erasedAt: number | undefined
  /** Sequences that the PostErased on record name. */
  readonly #named: Record<TracedStream, Set<number>> = newSets()

  constructor(
    id: string,
    known: {
      readonly subreddit?: string | undefined
      readonly createdUtc?: number | undefined
      readonly carries?: string | undefined
    },
  ) {
    this.id = id
    this.carries = known.carries
    this.subreddit = known.subreddit
    this.createdUtc = known.createdUtc
  }

  /** A PostErased of this post, met at `sequence` of POSTS. */
  noteErasure({ post_sequences = [], score_sequences = [] }: PostErased, sequence: number): void {
    this.erasedAt = Math.max(this.erasedAt ?? 0, sequence)
    for (const named of post_sequences) this.#named.POSTS.add(named)
    for (const named of score_sequences) this.#named.SCORES.add(named)
  }

  /** Messages of it in POSTS or SCORES that no PostErased names, in ascending order. */
  unnamed(stream: typeof POSTS | typeof SCORES): number[] {
    const all = [...this.found[stream], ...this.deleted[stream]]
    return all.filter((sequence) => !this.#named[stream].has(sequence)).sort((a, b) => a - b)
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
