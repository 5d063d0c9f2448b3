import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { OperationalError } from '../schema/runtime/errors.ts'
import type { PublisherOptions } from '../schema/runtime/publish.ts'
import { requireStream } from '../schema/apply-streams.ts'
import { POSTS, SCORES } from '../schema/streams.ts'
import { deleteMessages } from './delete-messages.ts'
import { LogSearch, type SearchProgress } from './log-search.ts'
import { PostTrace, TRACED_STREAMS } from './post-trace.ts'
import { isKnown, isUnrecorded, recordErasures } from './record-erasures.ts'
import { untilScorersAreDone } from './scorers-at-work.ts'

/** A post to erase, with what the caller knows about it. */
export interface PostToErase {
  /** Base36, in lower case. */
  readonly id: string
  /** Recorded when no message in the log states it. */
  readonly subreddit?: string | undefined
  /** Seconds since the epoch. When all posts have it, POSTS and SCORES are searched from a day before the oldest one. */
  readonly createdUtc?: number | undefined
}

export interface EraseOptions {
  /** Must be a connection of the NATS user `eraser`. */
  readonly connection: NatsConnection
  readonly posts: readonly PostToErase[]
  /** Recorded for each post for which no PostErased in the log gives a reason. */
  readonly reason: string
  /** Whether to search only, and change nothing. */
  readonly dryRun?: boolean
  /**
   * Called after everything was recorded and deleted. Messages that are stored before it resolves are then deleted as
   * well. A caller that waits for the read models here gets the dead letters that their projectors still sent erased as
   * well.
   */
  readonly untilApplied?: (erasures: RecordedErasures) => Promise<unknown>
  readonly onProgress?: (progress: SearchProgress) => void
  /** How the publisher of erasures waits while there is no room for them. */
  readonly publishing?: PublisherOptions
}

/** The facts by which a read model's file shows whether it has applied these erasures. */
export interface RecordedErasures {
  /** When POSTS was created. It distinguishes the stream from an older one of the same name. */
  readonly streamCreated: string
  /** POSTS sequence of the newest PostErased of these posts. */
  readonly recordedAt: number
  /** The sequences of the posts' messages, by stream. */
  readonly messages: ReadonlyMap<string, ReadonlySet<number>>
}

/**
 * `unknown`: the log has no message of the post, and the caller did not give its subreddit and time, so that no erasure
 * could be recorded.
 */
export type ErasureOutcome = 'erased' | 'already erased' | 'unknown' | 'would be erased'

export interface ErasedPost {
  readonly id: string
  readonly outcome: ErasureOutcome
  readonly subreddit: string | null
  /** Seconds since the epoch. */
  readonly createdUtc: number | null
  /** Sequences of the messages that were deleted, or with `dryRun` would be. */
  readonly posts: readonly number[]
  readonly scores: readonly number[]
  readonly deadLetters: readonly number[]
  /** The id of the requested post whose text a message of this post holds. Set only for a post that was not requested. */
  readonly carries?: string
}

export interface ErasureReport {
  readonly posts: readonly ErasedPost[]
  /** POSTS sequence of the newest PostErased of these posts; null if there is none. */
  readonly recordedAt: number | null
  readonly messagesRead: number
  readonly timings: ErasureTimings
}

/** Milliseconds. */
export interface ErasureTimings {
  readonly searchMs: number
  /** How long it waited for scorers that were working on a post. */
  readonly scorersMs: number
  /** How long `untilApplied` took. */
  readonly readModelsMs: number
  readonly totalMs: number
}

/** Each round deletes the copies that arrived during the round before. After so many rounds, copies arrive too fast. */
const MAX_ROUNDS = 20
const TOO_MANY_COPIES =
  'Copies of these posts arrive faster than they can be erased. Stop their source, then run this again.'

/**
 * Erases posts for good: records a PostErased durably, then overwrites and deletes every message of the posts in POSTS,
 * SCORES and DEAD. If it is interrupted at any point, the next run finishes it. A second complete run changes nothing.
 * docs/decisions/005-erasure.md says why no message is missed.
 * @throws OperationalError when the log cannot be read, or refuses to delete messages
 */
export async function erasePosts(options: EraseOptions): Promise<ErasureReport> {
  const jsm = await jetstreamManager(options.connection)
  for (const stream of TRACED_STREAMS) await requireStream(jsm, stream)
  const erasure = new Erasure(options, jsm)
  await erasure.run()
  return erasure.report()
}

class Erasure {
  readonly #options: EraseOptions
  readonly #jsm: JetStreamManager
  /** The posts by their ids. The search adds posts that must be erased together with the requested ones. */
  readonly #traces: Map<string, PostTrace>
  readonly #search: LogSearch
  readonly #startMs = performance.now()
  readonly #timings = { searchMs: 0, scorersMs: 0, readModelsMs: 0 }
  /** Posts that had a PostErased and no message left when the search began. */
  #alreadyErased: ReadonlySet<PostTrace> = new Set()
  #rounds = 0

  constructor(options: EraseOptions, jsm: JetStreamManager) {
    const { connection, posts, onProgress } = options
    this.#options = options
    this.#jsm = jsm
    this.#traces = new Map(posts.map((post) => [post.id, new PostTrace(post.id, post)]))
    this.#search = new LogSearch({ connection, jsm, traces: this.#traces, onProgress })
  }

  async run(): Promise<void> {
    const { dryRun = false, untilApplied } = this.#options
    if (this.#traces.size === 0) return
    await this.#searchOn()
    this.#alreadyErased = new Set(this.#all.filter((trace) => trace.erasedAt !== undefined && !trace.isLeft))
    if (dryRun) return
    await this.#eraseFound()
    const erasures = this.#recorded()
    if (untilApplied === undefined || erasures === undefined) return
    await this.#timed('readModelsMs', () => untilApplied(erasures))
    await this.#searchOn()
    await this.#eraseFound()
  }

  get #all(): PostTrace[] {
    return [...this.#traces.values()]
  }

  /** Erases the messages that the search found and those that arrived meanwhile, until a search finds none. */
  async #eraseFound(): Promise<void> {
    const { connection, reason, publishing } = this.#options
    for (let traces = this.#all; traces.some((trace) => trace.isLeft || isUnrecorded(trace)); traces = this.#all) {
      const round = ++this.#rounds
      if (round > MAX_ROUNDS) throw new OperationalError(TOO_MANY_COPIES)
      await recordErasures(connection, traces, reason, round, publishing)
      const inPosts = traces.flatMap(({ found }) => Array.from(found[POSTS]))
      await this.#timed('scorersMs', () => untilScorersAreDone(this.#jsm, inPosts))
      await this.#delete(traces)
      // Finds the PostErased events just recorded, the scores that scorers were making, and copies from a source.
      await this.#searchOn()
    }
  }

  #searchOn(): Promise<void> {
    return this.#timed('searchMs', () => this.#search.next())
  }

  async #delete(traces: readonly PostTrace[]): Promise<void> {
    for (const stream of TRACED_STREAMS) {
      // One dead letter may mention several of the posts.
      const owners = new Map<number, PostTrace[]>()
      for (const trace of traces) {
        for (const sequence of trace.found[stream]) owners.set(sequence, [...(owners.get(sequence) ?? []), trace])
      }
      if (owners.size === 0) continue
      await this.#search.requireSameStream(stream)
      await deleteMessages(this.#jsm, stream, [...owners.keys()], (sequence) => {
        for (const trace of owners.get(sequence)!) trace.noteDeleted(stream, sequence)
      })
    }
  }

  /** Undefined when the log has no PostErased of these posts. */
  #recorded(): RecordedErasures | undefined {
    const recordedAt = this.#recordedAt
    if (recordedAt === null) return undefined
    const sequencesOf = (stream: typeof POSTS | typeof SCORES): Set<number> =>
      new Set(this.#all.flatMap((trace) => [...trace.sequences(stream)]))
    const messages = new Map([POSTS, SCORES].map((stream) => [stream, sequencesOf(stream as typeof POSTS)]))
    return { streamCreated: this.#search.createdOf(POSTS), recordedAt, messages }
  }

  get #recordedAt(): number | null {
    const newest = this.#all.reduce((most, { erasedAt = 0 }) => Math.max(most, erasedAt), 0)
    return newest === 0 ? null : newest
  }

  report(): ErasureReport {
    return {
      posts: this.#all.map((trace) => this.#toErasedPost(trace)),
      recordedAt: this.#recordedAt,
      messagesRead: this.#search.messagesRead,
      timings: { ...this.#timings, totalMs: performance.now() - this.#startMs },
    }
  }

  #toErasedPost(trace: PostTrace): ErasedPost {
    const { id, subreddit = null, createdUtc = null, carries } = trace
    const { POSTS: posts, SCORES: scores, DEAD: dead } = this.#options.dryRun === true ? trace.found : trace.deleted
    return {
      id,
      outcome: this.#outcomeOf(trace),
      subreddit,
      createdUtc,
      posts: inOrder(posts),
      scores: inOrder(scores),
      deadLetters: inOrder(dead),
      ...(carries === undefined ? {} : { carries }),
    }
  }

  #outcomeOf(trace: PostTrace): ErasureOutcome {
    const isDryRun = this.#options.dryRun === true
    const isErased = trace.erasedAt !== undefined
    const nothingNew = Object.values(trace.deleted).every(({ size }) => size === 0)
    if (this.#alreadyErased.has(trace) && nothingNew) return 'already erased'
    if (isDryRun) return isErased || trace.isLeft || isKnown(trace) ? 'would be erased' : 'unknown'
    return isErased ? 'erased' : 'unknown'
  }

  async #timed(what: keyof Omit<ErasureTimings, 'totalMs'>, work: () => Promise<unknown>): Promise<void> {
    const startMs = performance.now()
    await work()
    this.#timings[what] += performance.now() - startMs
  }
}

const inOrder = (sequences: ReadonlySet<number>): number[] => [...sequences].sort((a, b) => a - b)
