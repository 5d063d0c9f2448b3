import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { OperationalError } from '../../schema/runtime/errors.ts'
import { requireStream } from '../../schema/apply-streams.ts'
import { POSTS } from '../../schema/streams.ts'
import { deleteMessages } from './delete-messages.ts'
import { LogSearch, type SearchProgress } from './log-search.ts'
import { PostTrace, TRACED_STREAMS } from './post-trace.ts'
import { isKnown, isUnrecorded, recordErasures } from './record-erasures.ts'
import { untilScorersAreDone } from './scorers-at-work.ts'

/** A post to erase, with what is known of it. */
export interface PostToErase {
  /** Base36, in lower case. */
  readonly id: string
  /** Used where the log does not know it. */
  readonly subreddit?: string | undefined
  /** Seconds since the epoch. Where all posts have it, the log is searched from that time on. */
  readonly createdUtc?: number | undefined
}

export interface EraseOptions {
  /** As the NATS user `eraser`. */
  readonly connection: NatsConnection
  readonly posts: readonly PostToErase[]
  readonly reason: string
  /** Only look, change nothing. */
  readonly dryRun?: boolean
  /**
   * Called when all is recorded and deleted; what came in until it resolves is looked for once more. To wait here for the
   * read models ({@link ErasureReport.recordedAt}) lets letters arrive that their projectors had on the way to DEAD.
   */
  readonly untilApplied?: (jsm: JetStreamManager, recordedAt: number) => Promise<unknown>
  readonly onProgress?: (progress: SearchProgress) => void
}

/** `unknown`: nothing of it is in the log, nor does the caller know its subreddit and time: there is nothing to record. */
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
  /** The post asked for, where this one goes with it: read models count it, and its message carries the other's text. */
  readonly carries?: string
}

export interface ErasureReport {
  readonly posts: readonly ErasedPost[]
  /** POSTS sequence of the newest PostErased of these posts: read models that have applied it hold nothing of them. */
  readonly recordedAt: number | null
  /** Messages that were read. */
  readonly messagesRead: number
  readonly timings: ErasureTimings
}

/** Milliseconds. */
export interface ErasureTimings {
  readonly searchMs: number
  readonly recordMs: number
  /** Waiting for scorers that had a post in work. */
  readonly scorersMs: number
  readonly deleteMs: number
  /** In `untilApplied`. */
  readonly readModelsMs: number
  readonly totalMs: number
}

/** Each round looks at what came in since the last one; copies come slower than that. */
const MAX_ROUNDS = 20
const TOO_MANY_COPIES = 'Copies of these posts keep coming in faster than they can be erased. Stop their source.'

/**
 * Erases posts for good: every message of theirs is overwritten and deleted in POSTS, SCORES and DEAD, after a PostErased
 * was recorded durably. Interrupted at any point and run again it finishes; run twice it changes nothing. Why nothing gets
 * by is in docs/decisions/005-erasure.md.
 * @throws OperationalError when the log cannot be read or does not let messages be deleted
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
  readonly #traces: Map<string, PostTrace>
  readonly #search: LogSearch
  readonly #startMs = performance.now()
  readonly #timings = { searchMs: 0, recordMs: 0, scorersMs: 0, deleteMs: 0, readModelsMs: 0 }
  /** Those that had a PostErased before, and nothing left. */
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
    await this.#timed('searchMs', () => this.#search.next())
    this.#alreadyErased = new Set(this.#all.filter((trace) => trace.erasedAt !== undefined && !trace.isLeft))
    if (dryRun) return
    await this.#eraseFound()
    const { recordedAt } = this
    if (untilApplied === undefined || recordedAt === null) return
    await this.#timed('readModelsMs', async () => void (await untilApplied(this.#jsm, recordedAt)))
    await this.#timed('searchMs', () => this.#search.next())
    await this.#eraseFound()
  }

  get #all(): PostTrace[] {
    return [...this.#traces.values()]
  }

  /** Erases what the search has found, and what it finds afterwards, until there is nothing. */
  async #eraseFound(): Promise<void> {
    const { connection, reason } = this.#options
    for (let traces = this.#all; traces.some((trace) => trace.isLeft || isUnrecorded(trace)); traces = this.#all) {
      const round = ++this.#rounds
      if (round > MAX_ROUNDS) throw new OperationalError(TOO_MANY_COPIES)
      await this.#timed('recordMs', () => recordErasures(connection, traces, reason, round))
      const inPosts = traces.flatMap(({ found }) => Array.from(found[POSTS]))
      await this.#timed('scorersMs', async () => void (await untilScorersAreDone(this.#jsm, inPosts)))
      await this.#timed('deleteMs', () => this.#delete(traces))
      // What came in while this went on: scores that were in work, copies from a source. And what was recorded above.
      await this.#timed('searchMs', () => this.#search.next())
    }
  }

  async #delete(traces: readonly PostTrace[]): Promise<void> {
    for (const stream of TRACED_STREAMS) {
      // A letter may hold several of the posts.
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

  /** POSTS sequence of the newest PostErased of the posts. */
  get recordedAt(): number | null {
    const newest = this.#all.reduce((most, { erasedAt = 0 }) => Math.max(most, erasedAt), 0)
    return newest === 0 ? null : newest
  }

  report(): ErasureReport {
    return {
      posts: this.#all.map((trace) => this.#toErasedPost(trace)),
      recordedAt: this.recordedAt,
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
    if (this.#options.dryRun !== true && trace.erasedAt === undefined) return 'unknown'
    const nothingNew = Object.values(trace.deleted).every(({ size }) => size === 0)
    if (this.#alreadyErased.has(trace) && nothingNew) return 'already erased'
    if (this.#options.dryRun !== true) return 'erased'
    return trace.erasedAt !== undefined || trace.isLeft || isKnown(trace) ? 'would be erased' : 'unknown'
  }

  async #timed<T>(what: keyof Omit<ErasureTimings, 'totalMs'>, work: () => Promise<T>): Promise<T> {
    const start = performance.now()
    try {
      return await work()
    } finally {
      this.#timings[what] += performance.now() - start
    }
  }
}

const inOrder = (sequences: ReadonlySet<number>): number[] => [...sequences].sort((a, b) => a - b)
